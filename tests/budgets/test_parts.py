"""Parts that come to a package and leave it: it adds up in every quarter from then on, or nothing is written."""

from datetime import date

import pytest
from sqlmodel import Session, select

from budgets.estimates import PartsDoNotAddUp, check_parts, estimates_in_force, package_amounts
from budgets.leaving_parts import archive_part, change_part_state
from budgets.packages import APartOfAPart, NewAmount, NewPart, add_parts, revise_estimates
from core.calendar import current_quarter
from core.database import Database
from core.errors import Missing, SeveralBroken, Stale
from portfolio.access import OPERATOR_READER
from portfolio.projects import Project
from reports.rollup import Scope, whole
from reports.self_check import mismatches
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, find_small_plan, identity


def new_amount(project: Project, wan: int | None, version: int | None = None) -> dict[int, NewAmount]:
    """A new amount of one project."""
    amount = None if wan is None else wan * WAN
    return {identity(project): NewAmount("estimate", amount, version or project.row_version)}


def parts_of(session: Session, package: Project) -> list[str]:
    rows = session.exec(select(Project).where(Project.parent_id == package.id).order_by(Project.code))
    return [row.code for row in rows]


def added(
    session: Session, package: Project, *parts: NewPart, quarter: int = 20241, own_wan: int | None = None
) -> list[Project]:
    """Parts added, together with a new amount of the package where one is given."""
    changed = {} if own_wan is None else new_amount(package, own_wan)
    return add_parts(
        session, package, parts, changed, a_basis(quarter), expected_version=package.row_version, by=SOMEBODY
    )


def test_a_part_and_the_packages_new_amount_come_together(stored: Database) -> None:
    with stored.writing() as session:
        water = find_small_plan(session).water
        part = added(session, water, NewPart(1, "调蓄水池", 5_000 * WAN, "两座"), own_wan=30_000)[0]
        assert (part.code, part.content, part.parent_id, part.position) == ("qingshan-02-3", "两座", water.id, 3)
    with stored.reading() as session:
        small = find_small_plan(session)
        ids = [identity(small.water), identity(small.parts[0])]
        assert package_amounts(session, ids[:1], 20234) == {ids[0]: 25_000 * WAN}
        assert package_amounts(session, ids[:1], 20241) == {ids[0]: 30_000 * WAN}
        assert small.water.row_version == 3
        assert mismatches(session) == []


def test_a_part_that_does_not_fit_is_refused_and_nothing_is_written(stored: Database) -> None:
    with pytest.raises(PartsDoNotAddUp, match="30000 万元，与打包项目的 25000 万元"), stored.writing() as session:
        added(session, find_small_plan(session).water, NewPart(1, "调蓄水池", 5_000 * WAN))
    with stored.reading() as session:
        assert parts_of(session, find_small_plan(session).water) == ["qingshan-02-1", "qingshan-02-2"]


def test_a_part_without_an_estimate_fits_anywhere(stored: Database) -> None:
    with stored.writing() as session:
        added(session, find_small_plan(session).water, NewPart(1, "调蓄水池", None))
    with stored.reading() as session:
        assert mismatches(session) == []


def test_a_project_becomes_a_package_with_its_first_parts(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        added(session, small.forest, NewPart(1, "东山片区", 4_000 * WAN), NewPart(2, "西山片区", 5_000 * WAN))
        added(session, small.sewage, NewPart(1, "一期", 700 * WAN))
    with stored.reading() as session:
        small = find_small_plan(session)
        assert parts_of(session, small.forest) == ["qingshan-01-1", "qingshan-01-2"]
        sewage = identity(small.sewage)
        assert package_amounts(session, [sewage], 20244) == {sewage: 700 * WAN}
        assert whole(session, OPERATOR_READER, Scope(20244)).leaves == 5
        assert mismatches(session) == []


def test_the_code_of_a_part_is_never_used_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        last = added(session, small.sewage, NewPart(1, "一期", None), NewPart(2, "二期", None))[-1]
        archive_part(session, last, {}, reason="取消", document=None, expected_version=1, by=SOMEBODY)
        assert added(session, small.sewage, NewPart(1, "三期", None))[0].code == "qingshan-03-3"


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (NewPart(2, "", None), "part_name_2"),
        (NewPart(2, "再生水厂", None), "part_name_2"),
        (NewPart(2, "长" * 401, None), "part_name_2"),
        (NewPart(2, "水池", None, "长" * 4001), "part_content_2"),
        (NewPart(2, "水池", -WAN), "part_estimate_2"),
    ],
)
def test_what_is_wrong_with_a_part_names_its_line(stored: Database, part: NewPart, field: str) -> None:
    with pytest.raises(Exception) as told, stored.writing() as session:  # noqa: PT011
        added(session, find_small_plan(session).water, part)
    found = told.value.problems if isinstance(told.value, SeveralBroken) else [told.value]
    assert [one.field for one in found] == [field]  # type: ignore[attr-defined]


def test_parts_need_a_package_a_line_a_basis_and_the_version_that_was_seen(stored: Database) -> None:
    part = NewPart(1, "水池", None)
    with stored.writing() as session:
        small = find_small_plan(session)
        with pytest.raises(APartOfAPart):
            added(session, small.parts[0], part)
        with pytest.raises(Missing):
            added(session, small.water)
        with pytest.raises(Stale):
            add_parts(session, small.water, [part], {}, a_basis(20241), expected_version=7, by=SOMEBODY)
        with pytest.raises(SeveralBroken):
            add_parts(session, small.water, [part], {}, a_basis(20241, document=""), expected_version=1, by=SOMEBODY)
        session.rollback()


# ---- leaving


def archive_second(session: Session, small: SmallPlan, amounts: dict[int, NewAmount], document: str | None) -> None:
    archive_part(
        session, small.parts[1], amounts, reason="并入他处", document=document, expected_version=1, by=SOMEBODY
    )


def test_an_archived_part_leaves_only_when_the_rest_adds_up(stored: Database) -> None:
    with pytest.raises(PartsDoNotAddUp), stored.writing() as session:
        archive_second(session, find_small_plan(session), {}, None)
    with stored.reading() as session:
        amounts = new_amount(find_small_plan(session).water, 10_000)
    with pytest.raises(SeveralBroken) as told, stored.writing() as session:
        archive_second(session, find_small_plan(session), amounts, None)
    assert [one.field for one in told.value.problems] == ["document"]
    with stored.reading() as session:
        assert find_small_plan(session).parts[1].archived_at is None
    with stored.writing() as session:
        small = find_small_plan(session)
        archive_second(session, small, new_amount(small.water, 10_000), "青政办〔2026〕3号")
    with stored.reading() as session:
        small = find_small_plan(session)
        water = identity(small.water)
        assert package_amounts(session, [water], current_quarter()) == {water: 10_000 * WAN}
        assert package_amounts(session, [water], 20244) == {water: 25_000 * WAN}
        for quarter in (20211, 20244, current_quarter()):
            check_parts(session, small.water, quarter)
            assert mismatches(session, quarter) == []


def test_the_last_part_leaves_a_plain_project(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        part = added(session, small.sewage, NewPart(1, "一期", 700 * WAN))[0]
        archive_part(session, part, {}, reason="取消", document=None, expected_version=part.row_version, by=SOMEBODY)
    with stored.reading() as session:
        sewage = identity(find_small_plan(session).sewage)
        assert package_amounts(session, [sewage], current_quarter()) == {sewage: None}
        assert mismatches(session) == []


def end_second(
    session: Session, small: SmallPlan, wan: int | None, state: str = "ended", day: str = "2024-05-01"
) -> None:
    amounts = {} if wan is None else new_amount(small.water, wan)
    change_part_state(
        session,
        small.parts[1],
        state,
        amounts,
        since_on=date.fromisoformat(day),
        document="终止批复〔2024〕2号",
        reason="选址变更",
        by=SOMEBODY,
    )


def test_an_ended_part_leaves_the_counts_from_its_quarter_and_may_come_back(stored: Database) -> None:
    with pytest.raises(PartsDoNotAddUp), stored.writing() as session:
        end_second(session, find_small_plan(session), None)
    with stored.writing() as session:
        end_second(session, find_small_plan(session), 10_000)
    with stored.reading() as session:
        water = identity(find_small_plan(session).water)
        for quarter, wan, leaves in ((20241, 25_000, 4), (20242, 10_000, 3), (20244, 10_000, 3)):
            assert package_amounts(session, [water], quarter) == {water: wan * WAN}
            assert whole(session, OPERATOR_READER, Scope(quarter)).leaves == leaves
            assert mismatches(session, quarter) == []
        assert mismatches(session) == []
    with pytest.raises(PartsDoNotAddUp), stored.writing() as session:
        end_second(session, find_small_plan(session), None, "building", "2025-01-10")
    with stored.writing() as session:
        end_second(session, find_small_plan(session), 25_000, "building", "2025-01-10")
    with stored.reading() as session:
        small = find_small_plan(session)
        assert estimates_in_force(session, 20251, [identity(small.water)]) == {identity(small.water): 25_000 * WAN}
        for quarter in (20241, 20242, 20251):
            assert mismatches(session, quarter) == []


def test_where_only_the_parts_have_estimates_an_ended_one_leaves_the_sum(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        revise_estimates(session, small.water, new_amount(small.water, None), a_basis(20211), by=SOMEBODY)
        end_second(session, small, None)
    with stored.reading() as session:
        water = identity(find_small_plan(session).water)
        assert package_amounts(session, [water], 20241) == {water: 25_000 * WAN}
        assert package_amounts(session, [water], 20242) == {water: 10_000 * WAN}
        assert mismatches(session, 20244) == []
        assert mismatches(session) == []


def test_a_state_other_than_ended_needs_no_new_estimate(stored: Database) -> None:
    with stored.writing() as session:
        end_second(session, find_small_plan(session), None, "building")
    with stored.reading() as session:
        assert mismatches(session) == []
