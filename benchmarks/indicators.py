"""All indicator roll-ups of a province against the same sums in raw SQL, in the same run on the same database.

    .venv/bin/python -m benchmarks.indicators [--folder DIR] [--rounds 7]

The roll-up: what is planned, reported, verified and alive of every measure in every plan, and from that the exact value that
every indicator has by its works (推算值) and would have if all were finished (规划支撑值). The raw SQL gives the sums alone,
written by hand with the same conditions: approved, by the quarter, of projects that are neither archived nor ended, and nothing
where all was reversed. The driver runs it without the application.

Goal: <= 1.2. What the full figures take (targets, readings, commitments, support, achievement) stands beside it.
"""

import argparse
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlmodel import Session

from benchmarks.province import PROJECTS, WORKS, prepared_works
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line, medians
from core.units import MICRO, converted
from milestones.indicator_math import IndicatorTerms
from milestones.indicator_rollup import RuleTerms, summed_effects
from milestones.indicators import Indicator
from portfolio.access import OPERATOR_READER
from reports.indicator_amounts import amounts_by_plan
from reports.indicator_gathering import Gathered, gathered
from reports.indicator_terms import indicator_terms, rule_terms, units_of
from reports.indicators import indicator_figures
from reports.rollup import Scope

NOW = Scope(20254)
# What counts: projects with a heading by then, neither archived nor ended, themselves or with their package.
COUNTED = """
    WITH ended AS (
        SELECT project_id FROM project_state AS state WHERE state = 'ended' AND since_on <= '2025-12-31' AND NOT EXISTS (
            SELECT 1 FROM project_state AS later WHERE later.project_id = state.project_id
            AND later.since_on <= '2025-12-31' AND (later.since_on, later.id) > (state.since_on, state.id)
        )
    ), counted AS MATERIALIZED (
        SELECT leaf.id AS leaf_id, top.plan_id FROM project AS leaf
        JOIN project AS top ON top.id = coalesce(leaf.parent_id, leaf.id)
        JOIN project_programme AS member ON member.project_id = top.id AND member.effective_from <= 20254
             AND (member.effective_until IS NULL OR member.effective_until > 20254)
        WHERE leaf.archived_at IS NULL AND top.archived_at IS NULL
              AND leaf.id NOT IN (SELECT project_id FROM ended) AND top.id NOT IN (SELECT project_id FROM ended)
    )
"""
PLANNED = (
    COUNTED
    + """
    SELECT plan_id, measure_id, unit, SUM(planned) FROM (
        SELECT quantity.project_id, measure_id, unit,
               SUM(CASE WHEN per = 'year' THEN value_micro * (project.last_year - project.first_year + 1)
                        ELSE value_micro END) AS planned
        FROM quantity JOIN project ON project.id = quantity.project_id
        WHERE effective_from <= 20254 AND (effective_until IS NULL OR effective_until > 20254)
              AND operator NOT IN ('≤', '<')
        GROUP BY quantity.project_id, measure_id, unit
    ) JOIN counted ON leaf_id = project_id GROUP BY plan_id, measure_id, unit
"""
)


def _sum(tier: str, more: str = "") -> str:
    """A sum of a tier, null where all of it was reversed."""
    which = f"FILTER (WHERE tier = '{tier}'{more})"
    standing = f"SUM(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END) {which}"
    return f"CASE WHEN {standing} > 0 THEN SUM(quantity_micro) {which} END"


_CHECKED, _YEAR_BEFORE = " AND based_on_id IS NOT NULL", " AND occurred_quarter <= 20244"
# What was alive a year before is lost at once.
_OF_THEN = (
    _CHECKED + " AND (SELECT occurred_quarter FROM work_entry AS base WHERE base.id = work_entry.based_on_id) <= 20244"
)
WORKS_SUMS = (
    COUNTED
    + f"""
    SELECT plan_id, measure_id, unit, SUM(claimed), SUM(verified), SUM(surviving), SUM(lost), SUM(alive_before), SUM(lost_before)
    FROM (
        SELECT project_id, measure_id, unit, {_sum("claimed")} AS claimed, {_sum("verified")} AS verified,
               {_sum("surviving")} AS surviving, {_sum("lost", _CHECKED)} AS lost,
               {_sum("surviving", _YEAR_BEFORE)} AS alive_before, {_sum("lost", _OF_THEN)} AS lost_before
        FROM work_entry WHERE state = 'approved' AND occurred_quarter <= 20254 AND quantity_micro IS NOT NULL
        GROUP BY project_id, measure_id, unit
    ) JOIN counted ON leaf_id = project_id GROUP BY plan_id, measure_id, unit
"""
)


@dataclass(frozen=True)
class Driver:
    """The database as its bare driver opens it."""

    connection: sqlite3.Connection

    def sums(self) -> tuple[list[Any], list[Any]]:
        """Planned sums, and those of entries, in millionths by plan, measure and unit."""
        return self.connection.execute(PLANNED).fetchall(), self.connection.execute(WORKS_SUMS).fetchall()


@dataclass(frozen=True)
class Rule:
    """The rule of one indicator, read before: what is timed begins with the works."""

    row: Indicator
    terms: IndicatorTerms
    rule: RuleTerms


def rules_of(records: Gathered) -> list[Rule]:
    """The rules of all indicators, as exact terms."""
    found = []
    for row, _, _ in records.indicators:
        kept, terms = records.rules.get(row.id or 0), indicator_terms(row)
        units = units_of(kept, records.amounts_of(row), records.promises_for(row), records.usual)
        rule = rule_terms(kept, row, terms, units)
        assert rule is not None
        found.append(Rule(row, terms, rule))
    return found


def rolled_up(session: Session, rules: Sequence[Rule]) -> list[tuple[Fraction | None, Fraction | None]]:
    """推算值 and 规划支撑值 of every indicator: the amounts of every plan and measure, then exact values."""
    measures = [one for of in rules for one in of.rule.measures]
    lagged = {(one.tier, one.lag_years) for one in measures}
    amounts = amounts_by_plan(session, OPERATOR_READER, NOW, {one.measure_id for one in measures}, lagged=lagged)
    found = []
    for of in rules:
        of_plan = amounts[of.row.plan_id]
        effects = summed_effects(of.rule, [one for measure in of.rule.measures for one in of_plan[measure.measure_id]])
        found.append(
            (
                None if effects.counted is None else of.rule.value(of.terms, effects.counted, of.row.unit),
                of.rule.value(of.terms, effects.planned or Fraction(0), of.row.unit),
            )
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--entries", type=int, default=WORKS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        database = prepared_works(chosen.folder or Path(made), chosen.projects, chosen.entries)
        driver = Driver(sqlite3.connect(str(database.url.database)))
        with database.reading() as session:
            rules = rules_of(gathered(session, OPERATOR_READER, NOW))
            _agree(session, driver, rules)
            roll_ups: dict[str, Callable[[], Any]] = {"roll-ups": lambda: rolled_up(session, rules), "raw": driver.sums}
            found = medians(roll_ups, chosen.rounds)
            # By themselves: what they leave behind would be cleared away in the time of the others.
            figures: dict[str, Callable[[], Any]] = {
                "figures": lambda: indicator_figures(session, OPERATOR_READER, NOW),
                "raw then": driver.sums,
            }
            found |= medians(figures, chosen.rounds)
        driver.connection.close()
        database.close()
    rows = [
        line(f"roll-ups of {len(rules):,} indicators, against raw SQL", found["roll-ups"], found["raw"], "≤ 1.2"),
        line("their full figures, against the same", found["figures"], found["raw then"], "–"),
    ]
    print("\n".join(rows))
    about = (
        f"{chosen.projects:,} projects, {chosen.entries:,} work entries, SQLite; median of {chosen.rounds}; {machine()}"
    )
    write_section("indicators", "Indicators", [about, "", *HEAD, *rows])


_Sums = dict[tuple[int, int, int], dict[str, Fraction]]  # by plan, measure and years of lag


def _agree(session: Session, driver: Driver, rules: Sequence[Rule]) -> None:
    """Both give the same sums, and the values are those of the full figures, or nothing is measured."""
    lagged = {(one.tier, one.lag_years) for of in rules for one in of.rule.measures}
    assert {lag for _, lag in lagged} <= {0, 1}
    measures = {one.measure_id for of in rules for one in of.rule.measures}
    ours: _Sums = {}
    units: dict[int, str] = {}
    for plan_id, by_measure in amounts_by_plan(session, OPERATOR_READER, NOW, measures, lagged=lagged).items():
        for measure_id, amounts in by_measure.items():
            for one in amounts:
                unit = units.setdefault(measure_id, one.unit)
                known = {name: getattr(one, name) for name in ("planned", "claimed", "verified", "surviving")}
                ours[plan_id, measure_id, one.lag] = {
                    name: converted(value, one.unit, unit) for name, value in known.items() if value is not None
                }
    theirs = _sums_of(driver, units)
    assert {key: sums for key, sums in ours.items() if sums} == {key: sums for key, sums in theirs.items() if sums}
    figures = indicator_figures(session, OPERATOR_READER, NOW)
    assert rolled_up(session, rules) == [(one.rolled_up, one.if_all_finished) for one in figures]


def _sums_of(driver: Driver, units: dict[int, str]) -> _Sums:
    """The raw sums in one unit for each measure; those of a year before only of the measure that counts so."""
    found: _Sums = defaultdict(dict)
    planned, works = driver.sums()

    def add(key: tuple[int, int, int], name: str, micro: int | None, unit: str) -> None:
        if micro is not None:
            amount = converted(Fraction(micro, MICRO), unit, units[key[1]])
            found[key][name] = found[key].get(name, Fraction(0)) + amount

    for plan_id, measure_id, unit, micro in planned:
        add((plan_id, measure_id, 0), "planned", micro, unit)
    for plan_id, measure_id, unit, claimed, verified, alive, lost, before, lost_before in works:
        now, then = (plan_id, measure_id, 0), (plan_id, measure_id, 1)
        add(now, "claimed", claimed, unit)
        add(now, "verified", verified, unit)
        add(now, "surviving", alive if lost is None else (alive or 0) - lost, unit)
        add(then, "surviving", before if lost_before is None else (before or 0) - lost_before, unit)
    return found


if __name__ == "__main__":
    main()
