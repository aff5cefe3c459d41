"""Loading: idempotent, exact by file and line, and never over what a person changed."""

import shutil
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from budgets.estimates import Estimate, set_estimate
from budgets.leaving_parts import archive_part, change_part_state
from budgets.packages import NewAmount
from core.audit import AuditEntry
from core.calendar import today
from core.database import Database
from core.settings import settings
from milestones.quantities import Quantity, quantities_of
from milestones.quantity_changes import change_quantity, record_quantity, remove_quantity
from milestones.quantity_values import NewQuantity, quantity_in_words
from portfolio.contradictions import Contradiction, NewDecision, decide
from portfolio.dated import find_in_force
from portfolio.editing import Basis, edit_project, project_values
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.self_check import mismatches
from seed.checking import SeedNotLoaded
from seed.loader import load_plans
from tests.databases import on_both, on_sqlite
from tests.real_plans import load_xiaoyi
from tests.samples import SOMEBODY

CODE = "xiaoyi"
xiaoyi, stored_xiaoyi = on_sqlite(load_xiaoyi), on_both(load_xiaoyi)
ON_PAPER = Basis(from_quarter=20231, reason="核定任务", document="孝政函〔2023〕1号")


@pytest.fixture
def seed_folder(tmp_path: Path) -> Path:
    """A copy of the seed files of one plan that a test may spoil."""
    target = tmp_path / "seed" / "plans"
    shutil.copytree(settings().seed_folder / CODE, target / CODE)
    for file in settings().seed_folder.parent.glob("*.yaml"):  # what the plans share
        shutil.copy(file, target.parent)
    return target


def spoil(folder: Path, file: str, old: str, new: str) -> int:
    """Replaces the first occurrence of a text; its line comes back."""
    path = folder / CODE / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def counts(database: Database) -> tuple[int, ...]:
    with database.reading() as session:
        return tuple(
            session.exec(select(func.count()).select_from(table)).one()
            for table in (Plan, Project, Estimate, Contradiction, AuditEntry)
        )


def test_loading_twice_doubles_nothing_and_writes_nothing(database: Database, seed_folder: Path):
    with database.writing() as session:
        first = load_plans(session, seed_folder)
    after_first = counts(database)
    with database.writing() as session:
        second = load_plans(session, seed_folder)
    assert counts(database) == after_first
    assert first[0].tally.created > 100
    assert (second[0].tally.created, second[0].tally.changed) == (0, 0)
    assert second[0].tally.differences == []


def test_a_corrected_file_changes_just_that_field(xiaoyi: Database, seed_folder: Path):
    spoil(seed_folder, "projects.yaml", "天然林保护工程项目", "天然林保护工程")
    with xiaoyi.writing() as session:
        loaded = load_plans(session, seed_folder)
    assert (loaded[0].tally.created, loaded[0].tally.changed) == (0, 1)
    with xiaoyi.reading() as session:
        project = session.exec(select(Project).where(Project.code == "xiaoyi-01")).one()
        assert project.name == "天然林保护工程"
        assert project.row_version == 2


def test_what_a_person_changed_stays_and_is_listed(stored_xiaoyi: Database, seed_folder: Path):
    with stored_xiaoyi.writing() as session:
        project = session.exec(select(Project).where(Project.code == "xiaoyi-01")).one()
        start = session.get_one(Plan, project.plan_id).start
        values = project_values(session, project, start)
        basis = Basis(from_quarter=start, reason="核对原件", document="孝政函〔2022〕1号")
        changed = values.__class__(**{**vars(values), "content": "人工核对后的内容", "lead_id": values.body_id})
        edit_project(session, project, changed, basis, expected_version=1, by=SOMEBODY)
        set_estimate(session, project, 95_000_000_00, basis, by=SOMEBODY)
    with stored_xiaoyi.writing() as session:
        loaded = load_plans(session, seed_folder)
    listed = {(difference.key, difference.field) for difference in loaded[0].tally.differences}
    assert ("xiaoyi-01", "content") in listed
    assert ("xiaoyi-01", "estimate") in listed
    assert all(difference.supplied_by == SOMEBODY.name for difference in loaded[0].tally.differences)
    with stored_xiaoyi.reading() as session:
        project = session.exec(select(Project).where(Project.code == "xiaoyi-01")).one()
        assert project.content == "人工核对后的内容"
        held = find_in_force(session, Estimate, {"project_id": project.id}, 20244)
        assert held is not None
        assert held.amount_fen == 95_000_000_00


def test_a_later_change_by_a_person_leaves_the_plans_own_start_to_the_plan(stored_xiaoyi: Database, seed_folder: Path):
    with stored_xiaoyi.writing() as session:
        project = session.exec(select(Project).where(Project.code == "xiaoyi-02")).one()
        basis = Basis(from_quarter=20241, reason="调整概算", document="孝政函〔2024〕3号")
        set_estimate(session, project, 700_000_000, basis, by=SOMEBODY)
    with stored_xiaoyi.writing() as session:
        loaded = load_plans(session, seed_folder)
    assert loaded[0].tally.differences == []
    with stored_xiaoyi.reading() as session:
        project = session.exec(select(Project).where(Project.code == "xiaoyi-02")).one()
        for quarter, amount in ((20234, 400_000_000), (20241, 700_000_000)):
            held = find_in_force(session, Estimate, {"project_id": project.id}, quarter)
            assert held is not None
            assert held.amount_fen == amount


def test_a_decided_contradiction_keeps_its_decision(xiaoyi: Database, seed_folder: Path):
    with xiaoyi.writing() as session:
        row = session.exec(select(Contradiction).where(Contradiction.key == "xiaoyi-x01")).one()
        new = NewDecision(reading=0, decision="以表为准", document="会议纪要第3号")
        decide(session, row, new, readings=2, expected_version=1, by=SOMEBODY)
    with xiaoyi.writing() as session:
        load_plans(session, seed_folder)
    with xiaoyi.reading() as session:
        row = session.exec(select(Contradiction).where(Contradiction.key == "xiaoyi-x01")).one()
        assert (row.decision, row.decided_by) == ("以表为准", SOMEBODY.name)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("projects.yaml", 'value: "100000"', 'value: "100001"', "parts add up to"),
        ("projects.yaml", "unit: 万亩", "unit: 万母", "万母"),
        (
            "projects.yaml",
            "lead_department: 孝义市林业局",
            "lead_department: 孝义市海洋局",
            "unknown department 孝义市海洋局",
        ),
        ("projects.yaml", "first_year: 2022", "first_year: 2029", "first_year is after last_year"),
        ("projects.yaml", "key: xiaoyi-02", "key: xiaoyi-01", "xiaoyi-01 stands twice"),
        ("projects.yaml", "place:", "plaice:", "plaice"),
        ("indicators.yaml", "kind: delegated", "kind: delegatd", "delegatd"),
        ("commitments.yaml", "measure:", "measure: 营造林面积\n    measure:", "stands twice"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_file_and_line(
    sqlite_database: Database, seed_folder: Path, file: str, old: str, new: str, expected: str
):
    path = seed_folder / CODE / file
    text = path.read_text(encoding="utf-8")
    for quoted in (old, old.replace('"', "'")):
        if quoted in text:
            spoil(seed_folder, file, quoted, new)
            break
    else:
        pytest.fail(f"{old} is not in {file}")
    with pytest.raises(SeedNotLoaded) as raised, sqlite_database.writing() as session:
        load_plans(session, seed_folder)
    problems = raised.value.problems
    assert any(expected in str(problem) and problem.file.name == file and problem.line > 0 for problem in problems)
    assert counts(sqlite_database) == (0, 0, 0, 0, 0)


def test_the_line_of_an_unknown_department_is_the_line_where_it_stands(sqlite_database: Database, seed_folder: Path):
    old, new = "lead_department: 孝义市水利局", "lead_department: 孝义市海洋局"
    line = spoil(seed_folder, "projects.yaml", old, new)
    with pytest.raises(SeedNotLoaded) as raised, sqlite_database.writing() as session:
        load_plans(session, seed_folder)
    assert [problem.line for problem in raised.value.problems] == [line]


def forest_of(session: Session) -> tuple[Project, list[tuple[Quantity, str]]]:
    """The first project that the plan gives quantities, with those that hold."""
    code = session.exec(
        select(Project.code).join(Quantity, col(Quantity.project_id) == Project.id).order_by(col(Quantity.id))
    ).first()
    project = session.exec(select(Project).where(Project.code == code)).one()
    assert project.id is not None
    return project, quantities_of(session, [project.id], 20244)[project.id]


def in_words(session: Session) -> list[str]:
    return [quantity_in_words(measure, row) for row, measure in forest_of(session)[1]]


def test_quantities_that_a_person_added_changed_or_removed_stay_so(stored_xiaoyi: Database, seed_folder: Path):
    with stored_xiaoyi.writing() as session:
        project, printed = forest_of(session)[0], in_words(session)
        extra = NewQuantity("防火道长度", "3", "公里", "=", "新建防火道3公里", new_measure=True)
        record_quantity(session, project, extra, ON_PAPER, by=SOMEBODY)
    with stored_xiaoyi.writing() as session:
        assert load_plans(session, seed_folder)[0].tally.differences == []
        assert in_words(session) == [*printed, "防火道长度：3公里"]
    with stored_xiaoyi.writing() as session:
        project, held = forest_of(session)
        row, measure = held[0]
        new = NewQuantity(measure, "7777", row.unit, "≥", "核定后的任务")
        version = project.row_version
        change_quantity(session, project, row, new, ON_PAPER, expected_version=version, by=SOMEBODY)
        changed = in_words(session)
    with stored_xiaoyi.writing() as session:
        assert load_plans(session, seed_folder)[0].tally.differences == [], "the plan's own start stays the plan's"
        assert in_words(session) == changed
        project, held = forest_of(session)
        for row, _ in held:
            version = project.row_version
            remove_quantity(session, project, row, ON_PAPER, expected_version=version, by=SOMEBODY)
        assert in_words(session) == []
    spoil(seed_folder, "projects.yaml", "        wording: ", "        wording: 改过的")
    with stored_xiaoyi.writing() as session:
        listed = load_plans(session, seed_folder)[0].tally.differences
        assert [(one.key, one.field, one.supplied_by) for one in listed] == [
            (forest_of(session)[0].code, "quantities", SOMEBODY.name)
        ]
        assert in_words(session) == []


def test_a_plan_whose_parts_a_person_archived_or_ended_is_loaded_again(stored_xiaoyi: Database, seed_folder: Path):
    with stored_xiaoyi.writing() as session:
        first, second, _third = session.exec(select(Project).where(col(Project.parent_id).is_not(None))).all()
        package = session.get_one(Project, first.parent_id)
        assert package.id is not None

        def amount(wan: int) -> dict[int, NewAmount]:
            return {package.id or 0: NewAmount("estimate", wan * 1_000_000, package.row_version)}

        how = {"document": "会议纪要第5号", "by": SOMEBODY}
        archive_part(session, first, amount(150_000), reason="重复", expected_version=1, **how)  # type: ignore[arg-type]
        state = {"since_on": today(), "reason": "停建", **how}
        change_part_state(session, second, "ended", amount(70_000), **state)  # type: ignore[arg-type]
    for _ in range(2):
        with stored_xiaoyi.writing() as session:
            assert load_plans(session, seed_folder)[0].tally.changed == 0
            assert mismatches(session) == []
