"""The demonstration: the same seed the same history, plausible, marked, and never mixed with real entries."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import true
from sqlmodel import Session, col, func, select

from budgets.checks import money_warnings
from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import record_entry
from budgets.lines import BudgetLine
from core.audit import AuditEntry
from core.calendar import current_quarter
from core.database import Database
from core.demo import marked_demo
from core.files import StoredFile, path_of
from core.people import Person
from milestones.attachments import Attachment
from milestones.evidence_types import PNG, checked_type
from milestones.indicators import Indicator, Target
from milestones.milestone_reading import milestones_of
from milestones.milestones import Milestone, MilestonePlan, MilestoneReport
from milestones.plots import plot_twins
from milestones.readings import OfficialReading
from milestones.schedule import out_of_order, started_on
from milestones.work_reports import record_work
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER, reader_of
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project, ProjectListing, ProjectState
from portfolio.values import project_values
from reports.audit_words import FIELDS, LEFT_OUT
from reports.group_progress import group_progress
from reports.lamp_reading import project_lamps
from reports.rollup import Scope
from reports.self_check import mismatches
from seed.demo import HoldsOtherEntries, PlansNotLoaded, load_demo
from seed.demo_history import history
from seed.demo_photos import landscape
from seed.demo_records import DemoEntry, DemoLeaf, DemoLine
from tests.databases import on_sqlite
from tests.milestones.work_samples import a_work
from tests.real_plans import load_xiaoyi
from tests.samples import SOMEBODY
from tests.seed.test_the_demo_quarters import last_quarter_is_open

WAN = 1_000_000
LEAVES = [
    DemoLeaf(f"x-{number}", f"x-{number}", wan * WAN, 2021 + number % 4, 2024 + number % 2)
    for number, wan in enumerate((500, 3_000, 20_000, 100_000, 90_000, 70_000) * 4)
]
xiaoyi = on_sqlite(load_xiaoyi)


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from tests.web.visiting import setting

    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def sums_of(seed: int) -> dict[str, Counter[str]]:
    """By leaf: what each stage comes to, with what still waits and without what was sent back or reversed."""
    sums: dict[str, Counter[str]] = {}
    for one in history(LEAVES, seed):
        if isinstance(one, DemoEntry) and one.fate != "rejected" and not one.reversed_because:
            sums.setdefault(one.leaf, Counter())[one.stage] += -one.amount_fen if one.reduction else one.amount_fen
    return sums


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    assert history(LEAVES, 1) == history(LEAVES, 1)
    assert history(LEAVES, 1) != history(LEAVES, 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_history_is_plausible(seed: int) -> None:
    estimates = {leaf.code: leaf.estimate_fen for leaf in LEAVES}
    for code, sums in sums_of(seed).items():
        assert sums["received"] <= sums["appropriated"] <= estimates[code]
        assert sums["paid"] <= sums["received"]
        assert sums["work_done"] <= sums["contracted"] + estimates[code] // 10
    entries = [one for one in history(LEAVES, seed) if isinstance(one, DemoEntry)]
    assert {one.fate for one in entries} == {"approved", "submitted", "draft", "rejected"}
    assert sum(one.reversed_because is not None for one in entries) == 4
    assert any(one.reduction for one in entries)
    assert all(one.amount_fen > 0 and date(2022, 1, 1) <= one.on <= date(2025, 12, 31) for one in entries)
    # A late start: somebody's contract comes more than half a year after the project's first quarter.
    first = {leaf.code: date(max(leaf.first_year, 2022), 1, 1) for leaf in LEAVES}
    contracts = {one.leaf: one.on for one in entries if one.stage == "contracted"}
    assert any((contracts[code] - first[code]).days > 180 for code in contracts)
    assert set(first) - set(contracts)  # and one never starts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_years_budgets_add_up_to_the_estimate_where_nothing_was_cut(seed: int) -> None:
    lines = [one for one in history(LEAVES, seed) if isinstance(one, DemoLine)]
    cut = {one.leaf for one in lines if one.reason}
    assert len(cut) == 1
    for leaf in LEAVES:
        fresh = sum(one.amount_fen - one.carried_fen for one in lines if one.leaf == leaf.code)
        if leaf.code not in cut and leaf.last_year <= 2025:
            assert fresh == leaf.estimate_fen


def test_photos_are_small_whole_and_always_the_same() -> None:
    stages = ("before", "during", "after")
    drawn = {stage: landscape("xiaoyi-01 3", stage) for stage in stages}
    assert drawn == {stage: landscape("xiaoyi-01 3", stage) for stage in stages}
    assert len(set(drawn.values())) == 3
    assert landscape("xiaoyi-01 4", "after") != drawn["after"]
    for stage, content in drawn.items():
        assert checked_type("演示.png", content, stage) == PNG
        assert len(content) < 10_000


def counts(session: Session) -> tuple[int, ...]:
    facts = (LedgerEntry, BudgetLine, Project, WorkEntry, Milestone, MilestoneReport, OfficialReading, Attachment)
    return tuple(session.exec(select(func.count()).select_from(table)).one() for table in facts)


@pytest.mark.parametrize("loaded", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_the_demonstration_fills_the_plan_and_agrees_with_the_self_check(loaded: Database) -> None:
    with loaded.writing() as session:
        # Two editions show what all would; each takes seconds.
        done = load_demo(session, 1, issued_from=20252, annual_from=2030)
        assert done.entries > 1_000
        assert (done.works > 200, done.milestones > 200, done.photos > 20, done.readings > 50) == (True,) * 4
        assert marked_demo(session)
    with loaded.reading() as session:
        assert mismatches(session) == []
        assert mismatches(session, 20242) == []
        assert money_warnings(session, true(), 20254) is not None
        assert _unnamed_fields(session) == set()
        states = Counter(session.exec(select(LedgerEntry.state)))
        assert set(states) == {"approved", "submitted", "draft", "rejected"}
        assert session.exec(select(func.sum(ProjectListing.paid_fen))).one() > 0
        assert session.exec(select(LedgerEntry).where(col(LedgerEntry.reverses_id).is_not(None))).all()
        before = counts(session)
        assert before[3] == done.works
        assert before[4] == done.milestones
        _works_of_every_kind(session)
        _milestones_that_slip_and_are_planned_anew(session)
        _readings_and_a_target_that_was_set(session)
        _lamps_of_every_colour(session)
        _the_owner_may_report_what_a_newcomer_opens_first(session)
        last_quarter_is_open(session)
    with loaded.writing() as session:
        assert load_demo(session, 1).was_there
        assert counts(session) == before


def _works_of_every_kind(session: Session) -> None:
    rows = session.exec(select(WorkEntry)).all()
    assert {row.state for row in rows} == {"approved", "submitted", "draft", "rejected"}
    assert {row.tier for row in rows} == {"claimed", "verified", "surviving", "lost"}
    assert {row.kind for row in rows} == {"entry", "reversal", "not-applicable"}
    assert {row.cause for row in rows if row.tier == "lost"} == {"fire", "drought"}
    assert any(row.quantity_micro == 0 for row in rows)
    claims = {row.id: row.quantity_micro for row in rows if row.tier == "claimed"}
    cut = [row for row in rows if row.tier == "verified" and row.quantity_micro < claims[row.based_on_id]]
    verified = {row.based_on_id for row in rows if row.tier == "verified"}
    assert (
        0 < len(cut) < len(verified) < len([row for row in rows if row.tier == "claimed" and row.state == "approved"])
    )
    assert len(plot_twins(session, None)) == 1
    files = session.exec(select(StoredFile).join(Attachment, col(Attachment.file_id) == StoredFile.id)).all()
    assert all(path_of(file).read_bytes().startswith(b"\x89PNG") for file in files)
    assert {row.kind for row in session.exec(select(Attachment))} == {"before", "during", "after"}


def _milestones_that_slip_and_are_planned_anew(session: Session) -> None:
    found = milestones_of(session, None, 20254)
    packages = set(session.exec(select(Project.parent_id)).all())
    plan = session.exec(select(Plan.id).where(Plan.code == "xiaoyi")).one()
    leaves = {id_ for id_ in session.exec(select(Project.id).where(Project.plan_id == plan)) if id_ not in packages}
    assert set(found) == leaves
    assert len(leaves) == 38
    assert all(sum(one.weight for one in states) == 100 for states in found.values())
    every = [one for states in found.values() for one in states]
    assert any(one.replanned and one.first_planned_on < one.planned_on for one in every)
    assert any((one.slip_days(date(2025, 12, 31)) or 0) > 180 for one in every)
    assert sum(bool(out_of_order(states)) for states in found.values()) == 1
    kinds = Counter(session.exec(select(MilestoneReport.kind)))
    assert set(kinds) == {"actual", "forecast", "withdrawn"}
    assert session.exec(select(MilestonePlan).where(col(MilestonePlan.effective_until).is_not(None))).all()
    # Whoever says in its states that it began says so in its milestones, on the same day.
    begun = dict(
        session.exec(
            select(ProjectState.project_id, ProjectState.since_on).where(ProjectState.state == "building")
        ).all()
    )
    told = {id_: started_on(states) for id_, states in found.items() if id_ in begun}
    assert len([id_ for id_, day in told.items() if day is None]) == 1  # the one that never reports milestones
    assert all(day in (None, begun[id_]) for id_, day in told.items())


def _the_owner_may_report_what_a_newcomer_opens_first(session: Session) -> None:
    people = {row.username: row for row in session.exec(select(Person))}
    for code in ("xiaoyi-01", "xiaoyi-03"):
        project = session.exec(select(Project).where(Project.code == code)).one()
        values = project_values(session, project, current_quarter())
        departments = frozenset({values.lead_id or 0})
        for name, action in (("demo-owner", "record"), ("demo-head", "verify")):
            assert reader_of(session, people[name]).may(action, project.plan_id, departments), (name, code)


def _readings_and_a_target_that_was_set(session: Session) -> None:
    rows = session.exec(select(OfficialReading)).all()
    assert {row.state for row in rows} == {"approved", "submitted", "draft", "rejected"}
    assert all("演示" in (row.document or "") for row in rows)
    forest = session.exec(select(Indicator.id).where(Indicator.key == "xiaoyi-i02")).one()
    assert [row.quarter for row in rows if row.indicator_id == forest] == [20214, 20224, 20234, 20244, 20254]
    air = session.exec(select(Indicator.id).where(Indicator.key == "xiaoyi-i05")).one()
    targets = session.exec(select(Target).where(Target.indicator_id == air).order_by(col(Target.effective_from))).all()
    assert [(row.kind, row.effective_until) for row in targets] == [("delegated", 20232), ("number", None)]
    assert "演示" in (targets[1].document or "")


def _unnamed_fields(session: Session) -> set[str]:
    """The fields in the audit trail that its page would show by their names in code; those with a colon are cells of returns."""
    sides = session.exec(select(AuditEntry.before, AuditEntry.after)).all()
    fields = {name for side in sides for text in side if text is not None for name in json.loads(text)}
    return {name for name in fields - FIELDS.keys() - LEFT_OUT if ":" not in name}


def _lamps_of_every_colour(session: Session) -> None:
    plan = find_plan(session, "xiaoyi")
    assert plan is not None
    scope = Scope(20242, frozenset({plan.id or 0}))
    lamps = project_lamps(session, OPERATOR_READER, scope)
    assert {one.colour for one in lamps.values()} == {"red", "yellow", "blue", "green", "grey"}
    assert all(one.worst.reasons for one in lamps.values())
    groups = group_progress(session, OPERATOR_READER, scope, ("programme",))
    assert {warning.kind for group in groups for warning in group.warnings} == {"dominance", "divergence"}


def test_a_database_with_other_entries_is_refused(loaded: Database) -> None:
    with loaded.writing() as session:
        project = _some_project(session)
        record_entry(session, project, NewEntry("work_done", 5 * WAN, date(2024, 5, 6)), by=SOMEBODY)
    with pytest.raises(HoldsOtherEntries), loaded.writing() as session:
        load_demo(session, 1)
    with loaded.reading() as session:
        assert not marked_demo(session)
        assert counts(session)[0] == 1


def test_a_database_with_other_works_is_refused(xiaoyi: Database) -> None:
    with xiaoyi.writing() as session:
        record_work(session, _some_project(session), a_work(session), by=SOMEBODY)
    with pytest.raises(HoldsOtherEntries), xiaoyi.writing() as session:
        load_demo(session, 1)


def _some_project(session: Session) -> Project:
    plan = find_plan(session, "xiaoyi")
    assert plan is not None
    return (
        session.exec(select(Project).where(Project.plan_id == plan.id).order_by(col(Project.id))).first() or Project()
    )


def test_without_the_plan_there_is_nothing_to_fill(sqlite_database: Database) -> None:
    with pytest.raises(PlansNotLoaded), sqlite_database.writing() as session:
        load_demo(session, 1)
