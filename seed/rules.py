"""Brings the roll-up rules, overlaps and aggregation of a plan to what its rules.yaml says.

A rule that a person set from the plan's first quarter on stays, and the difference is listed; one that a person set from a later
quarter on leaves the plan's own start to the file.
"""

from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from core.units import micro_from_text, unit_name
from milestones.indicator_rules import NO_FORMULA, Overlap
from milestones.indicators import Indicator
from milestones.overlap_recording import record_overlap
from milestones.quantities import Measure, measure_named
from milestones.rule_setting import RULE_FIELDS, HeldRule, MeasureShare, find_rule, put_rule, rules_in_force
from portfolio.contradictions import Contradiction
from portfolio.recording import Difference, NewCitation, cite
from seed.checking import SeedNotLoaded, SeedProblem, read_checked
from seed.loading import Loading, cited
from seed.rule_records import SeedAmount, SeedKinds, SeedRule, SeedRuleMeasure, factor_from_text

KINDS_FILE = "why_not.yaml"


def read_kinds(path: Path) -> SeedKinds:
    """The checked file of reasons.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    found, file = read_checked(path, SeedKinds)
    keys = [kind.key for kind in found.kinds]
    twins = [index for index, key in enumerate(keys) if key in keys[:index]]
    if twins:
        lines = [file.line_of(("kinds", index, "key")) for index in twins]
        raise SeedNotLoaded([SeedProblem(path, line, "the same kind stands twice") for line in lines])
    return found


def aggregation_of(loading: Loading) -> dict[str, dict[str, str]]:
    """How each indicator is declared to be aggregated, by its key."""
    return {
        key: {"over_time": one.over_time, "over_places": one.over_places}
        for one in loading.seed.rules.aggregation
        for key in one.indicators
    }


def put_rules(loading: Loading, kinds: SeedKinds) -> None:
    """Brings the rules of the plan's indicators, and what may count twice, to what the file says."""
    ids = dict(
        loading.session.exec(select(Indicator.key, Indicator.id).where(Indicator.plan_id == loading.plan_id)).all()
    )
    known = [id_ for id_ in ids.values() if id_ is not None]
    held = rules_in_force(loading.session, known, loading.from_quarter)
    reasons = {kind.key: {"why_not": kind.why, "why_not_en": kind.why_en} for kind in kinds.kinds}
    for record in loading.seed.rules.rules:
        values = _values(record) | reasons.get(record.kind or "", {})
        shares = [_share(loading.session, measure) for measure in record.measures]
        id_ = ids[record.indicator]
        _put(loading, record.indicator, id_, held.get(id_ or 0), values, shares, _citations(record))
    for entry in loading.seed.rules.cannot:
        for key in entry.indicators:
            values = dict.fromkeys(RULE_FIELDS) | {"formula": NO_FORMULA} | reasons[entry.kind]
            _put(loading, key, ids[key], held.get(ids[key] or 0), values, [], [])
    _put_overlaps(loading)


def _values(record: SeedRule) -> dict[str, Any]:
    plain = ("formula", "why_not", "why_not_en", "assumption", "assumption_en")
    values = dict.fromkeys(RULE_FIELDS) | {name: getattr(record, name) for name in plain}
    values["whole_name"] = None if record.whole is None else record.whole.name
    for name in ("whole", "start"):
        amount: SeedAmount | None = getattr(record, name)
        if amount is not None and amount.value is not None and amount.unit is not None:
            values[f"{name}_micro"] = micro_from_text(amount.value)
            values[f"{name}_unit"] = unit_name(amount.unit)
            values[f"{name}_source"] = amount.source
    return values


def _share(session: Session, record: SeedRuleMeasure) -> MeasureShare:
    measure = measure_named(session, record.measure, unit_name(record.unit))
    assert measure.id is not None
    return MeasureShare(
        measure.id,
        factor_from_text(record.factor),
        record.tier,
        record.lag_years,
        record.assumption,
        record.assumption_en,
    )


def _citations(record: SeedRule) -> list[NewCitation]:
    found = [cited(record.cite)]
    for name in ("whole", "start"):
        amount: SeedAmount | None = getattr(record, name)
        if amount is not None:
            quotes = [amount.cite] if amount.cite is not None else [quote.cite for quote in amount.derived_from]
            found += [cited(where, field=name) for where in quotes]
    return found


def _put(
    loading: Loading,
    key: str,
    indicator_id: int | None,
    held: HeldRule | None,
    values: dict[str, Any],
    shares: list[MeasureShare],
    citations: list[NewCitation],
) -> None:
    assert indicator_id is not None
    session, tally = loading.session, loading.tally
    same = held is not None and held.says(values, shares)
    if held is not None and held.rule.supplied_by is not None:
        first = find_rule(session, indicator_id, loading.plan.start)
        if not same and not (first is not None and first.says(values, shares)):
            kept, incoming = held.rule.formula, values["formula"]
            tally.differences.append(Difference("indicator", key, "rule", kept, incoming, held.rule.supplied_by))
        return
    if held is not None and same:
        tally.unchanged += 1
        row = held.rule
    else:
        made = put_rule(session, indicator_id, values, shares, from_quarter=loading.from_quarter, by=None)
        assert made is not None
        row = made
        tally.created += held is None
        tally.changed += held is not None
    assert row.id is not None
    cite(session, "indicator_rule", row.id, loading.plan_id, citations)


def _put_overlaps(loading: Loading) -> None:
    """What may count twice, as the file says. One that was ended stays so; one that the file no longer names is ended."""
    session, start = loading.session, loading.from_quarter
    keys = {
        one.key: one.id for one in session.exec(select(Contradiction).where(Contradiction.plan_id == loading.plan_id))
    }
    rows = session.exec(select(Overlap).where(Overlap.plan_id == loading.plan_id)).all()
    held = {(row.measure_id, row.inner_project_id, row.outer_project_id): row for row in rows}
    wanted = []
    for record in loading.seed.rules.overlaps:
        measure_id = session.exec(select(Measure.id).where(Measure.name == record.measure)).one()
        inner, outer = (loading.projects[key] for key in (record.inner, record.outer))
        assert measure_id is not None
        assert inner.id is not None
        assert outer.id is not None
        wanted.append(
            (measure_id, inner, outer, keys[record.contradiction], held.pop((measure_id, inner.id, outer.id), None))
        )
    # What no longer stands in the file ends first, so that the other way round may be recorded instead.
    for row in held.values():
        if row.supplied_by is None and row.effective_until is None:
            row.effective_until = max(row.effective_from, start)
            session.add(row)
            loading.tally.changed += 1
    session.flush()
    for measure_id, inner, outer, contradiction_id, known in wanted:
        if known is None:
            record_overlap(
                session,
                loading.plan_id,
                measure_id,
                inner,
                outer,
                from_quarter=start,
                contradiction_id=contradiction_id,
            )
            loading.tally.created += 1
        elif known.contradiction_id != contradiction_id and known.supplied_by is None:
            known.contradiction_id = contradiction_id
            session.add(known)
            loading.tally.changed += 1
        else:
            loading.tally.unchanged += 1
    session.flush()
