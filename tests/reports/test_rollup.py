"""The roll-up: the worked examples of the domain page, and what must hold of any data: parts add up to the whole."""

import itertools
import random
from datetime import date
from fractions import Fraction

import pytest
from sqlmodel import Session

from budgets.estimates import set_estimate
from core.database import Database
from core.money import fen_from_text
from core.settings import ROOT
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.departments import add_department
from portfolio.editing import archive_project, change_state, edit_project, project_values
from portfolio.plans import find_plan
from reports.rollup import (
    DIMENSIONS,
    EstimateFigures,
    Scope,
    UnknownDimension,
    UnknownLevel,
    estimate_rollup,
    whole,
)
from reports.self_check import mismatches
from seed.loader import load_plans
from tests.real_plans import CODES
from tests.samples import (
    COUNTY,
    SOMEBODY,
    WAN,
    a_basis,
    find_small_plan,
    identity,
    make_part,
    make_person,
    make_plan,
    make_programme,
    make_project,
    plan_basis,
)

Q = 20244
YI = 10_000_000_000  # fen in 亿元


def of_plan(session: Session, code: str, quarter: int = Q) -> Scope:
    plan = find_plan(session, code)
    assert plan is not None
    return Scope(quarter, frozenset({identity(plan)}))


def groups(session: Session, scope: Scope, *by: str, level: int = 1) -> dict[object, EstimateFigures]:
    rows = estimate_rollup(session, OPERATOR_READER, scope, by, level=level)
    return {row.keys[0] if len(by) == 1 else row.keys: row for row in rows}


# ---- 孝义, as domain page sections 3, 4 and 6 work it out


def test_xiaoyi_is_36_projects_38_leaves_and_51_4303_yi_to_the_fen(loaded: Database) -> None:
    with loaded.reading() as session:
        figures = whole(session, OPERATOR_READER, of_plan(session, "xiaoyi"))
    assert (figures.projects, figures.leaves, figures.without_estimate) == (36, 38, 0)
    assert figures.estimate_fen == 514_303_000_000 == fen_from_text("51.4303", "亿元") == 5_143_030_000 * 100


def test_xiaoyi_by_category(loaded: Database) -> None:
    with loaded.reading() as session:
        found = groups(session, of_plan(session, "xiaoyi"), "programme")
    assert {name: row.estimate_fen for name, row in found.items()} == {
        "山水林田湖草系统保护与治理工程": fen_from_text("17.2", "亿元"),
        "流域生态治理修复": fen_from_text("26.0953", "亿元"),
        "大气环境治理工程": fen_from_text("1.05", "亿元"),
        "环境风险防控重点工程": fen_from_text("0.645", "亿元"),
        "生态经济重点工程": fen_from_text("6.25", "亿元"),
        "生态文明制度工程": fen_from_text("0.19", "亿元"),
    }


def test_xiaoyi_by_lead_department(loaded: Database) -> None:
    with loaded.reading() as session:
        found = groups(session, of_plan(session, "xiaoyi"), "department")
    assert found["吕梁市生态环境局孝义分局"].projects == 19
    assert found["孝义市人民政府"].projects == 4
    assert None not in found


def test_by_the_end_of_2022_xiaoyi_means_to_finish_many_projects_and_little_money(loaded: Database) -> None:
    with loaded.reading() as session:
        scope = of_plan(session, "xiaoyi")
        row, total = groups(session, scope, "last_year")[2022], whole(session, OPERATOR_READER, scope)
    assert (row.projects, row.estimate_fen) == (11, fen_from_text("2.4853", "亿元"))
    assert round(Fraction(row.projects, total.projects) * 1000) == 306
    assert round(Fraction(row.estimate_fen or 0, total.estimate_fen or 0) * 1000) == 48


def test_one_package_of_25_yi_is_nearly_half_of_xiaoyi_and_its_parts_are_not_added_to_it(loaded: Database) -> None:
    with loaded.reading() as session:
        figures = whole(session, OPERATOR_READER, of_plan(session, "xiaoyi"))
        package = groups(session, of_plan(session, "xiaoyi"), "project")["xiaoyi-10"]
    assert figures.largest_fen == package.estimate_fen == 25 * YI
    assert (package.projects, package.leaves) == (1, 3)
    assert round(Fraction(25 * YI, figures.estimate_fen or 0) * 1000) == 486


def test_loading_the_plans_again_doubles_nothing(loaded: Database) -> None:
    with loaded.reading() as session:
        before = estimate_rollup(session, OPERATOR_READER, Scope(Q), ("plan", "programme", "department"))
    with loaded.writing() as session:
        for plan in load_plans(session, ROOT / "seed" / "plans", CODES):
            assert (plan.tally.created, plan.tally.changed) == (0, 0)
    with loaded.reading() as session:
        assert estimate_rollup(session, OPERATOR_READER, Scope(Q), ("plan", "programme", "department")) == before


def test_a_plan_without_money_adds_up_to_null_and_not_to_zero(loaded: Database) -> None:
    with loaded.reading() as session:
        figures = whole(session, OPERATOR_READER, of_plan(session, "tunliu"))
    assert figures.estimate_fen is None
    assert figures.without_estimate == figures.leaves > 0


# ---- what must hold of any data


def test_the_groups_of_every_grouping_add_up_to_the_whole(loaded: Database) -> None:
    with loaded.reading() as session:
        total = whole(session, OPERATOR_READER, Scope(Q))
        chosen = [names for n in (1, 2, 3) for names in itertools.combinations(DIMENSIONS, n)]
        leveled = [(names, n) for names in chosen for n in ((1, 2, 3) if "programme" in names else (1,))]
        for by, level in leveled:
            rows = estimate_rollup(session, OPERATOR_READER, Scope(Q), by, level=level)
            assert len({row.keys for row in rows}) == len(rows), by
            assert sum(row.projects for row in rows) == total.projects, by
            assert sum(row.leaves for row in rows) == total.leaves, by
            assert sum(row.without_estimate for row in rows) == total.without_estimate, by
            assert sum(row.estimate_fen or 0 for row in rows) == total.estimate_fen, by
            assert max(row.largest_fen or 0 for row in rows) == total.largest_fen, by


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_plans_add_up_on_a_second_path_too(database: Database, seed: int) -> None:
    with database.writing() as session:
        expected = _write_random_plan(session, random.Random(seed))
    with database.reading() as session:
        assert mismatches(session, Q) == []
        figures = whole(session, OPERATOR_READER, Scope(Q))
        by_both = estimate_rollup(session, OPERATOR_READER, Scope(Q), ("programme", "department"), level=2)
    assert (figures.projects, figures.leaves, figures.without_estimate, figures.estimate_fen) == expected
    assert sum(row.estimate_fen or 0 for row in by_both) == (expected[3] or 0)


def _write_random_plan(session: Session, dice: random.Random) -> tuple[int, int, int, int | None]:
    """Single projects and packages, with and without estimates; what they must add up to comes back."""
    plan = make_plan(session, "random")
    tops = [make_programme(session, plan, f"p{n}", f"类别{n}", position=n) for n in range(3)]
    headings = [*tops, *(make_programme(session, plan, f"q{n}", f"子类{n}", parent=tops[0]) for n in range(2))]
    leads = [None, *(add_department(session, COUNTY, f"局{n}", by=SOMEBODY) for n in range(3))]
    leaves = missing = 0
    amounts: list[int] = []
    count = 12
    for number in range(count):
        own = dice.choice([None, dice.randint(1, 5_000)])
        heading, lead = dice.choice(headings), dice.choice(leads)
        project = make_project(session, plan, f"r-{number}", f"项目{number}", heading, lead=lead)
        parts = [dice.choice([None, dice.randint(1, 500)]) for _ in range(dice.choice([0, 0, 2, 3]))]
        if parts and own is not None and None not in parts:
            own = sum(part for part in parts if part is not None)  # a package and all its parts agree
        for place, part in enumerate(parts):
            make_part(session, plan, f"r-{number}-{place}", f"子项目{number}-{place}", project, estimate_wan=part)
        if own is not None:
            set_estimate(session, project, own * WAN, plan_basis(plan), by=SOMEBODY)
        known = [part for part in parts if part is not None]
        leaves += len(parts) or 1
        if own is not None:
            amounts.append(own)
        else:
            missing += len(parts) - len(known) if parts else 1
            amounts += [sum(known)] if known else []
    return count, leaves, missing, sum(amounts) * WAN if amounts else None


def test_an_ended_project_leaves_the_counts_from_its_quarter_on(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        ended = {"since_on": date(2023, 5, 20), "document": "青政办〔2023〕1号", "reason": "资金取消"}
        change_state(session, small.water, "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
    with stored.reading() as session:
        before = whole(session, OPERATOR_READER, Scope(20231))
        after = whole(session, OPERATOR_READER, Scope(20232))
    assert (before.projects, before.leaves, before.estimate_fen) == (3, 4, 34_000 * WAN)
    assert (after.projects, after.leaves, after.estimate_fen) == (2, 2, 9_000 * WAN)


def test_an_ended_project_that_is_taken_up_again_counts_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for state, day in (("ended", date(2023, 5, 20)), ("building", date(2023, 9, 1))):
            change_state(session, small.water, state, since_on=day, document="文", reason=None, by=SOMEBODY)
    with stored.reading() as session:
        assert [whole(session, OPERATOR_READER, Scope(q)).projects for q in (20231, 20232, 20233)] == [3, 2, 3]


def test_an_archived_project_counts_nowhere(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.forest, reason="重复", expected_version=small.forest.row_version, by=SOMEBODY)
    with stored.reading() as session:
        assert whole(session, OPERATOR_READER, Scope(Q)).projects == 2


def test_a_change_of_lead_department_leaves_the_quarters_before_it_alone(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        values = project_values(session, small.water, 20232)
        changed = {**vars(values), "lead_id": small.government.id}
        edit_project(
            session,
            small.water,
            type(values)(**changed),
            a_basis(20232),
            expected_version=small.water.row_version,
            by=SOMEBODY,
        )
    with stored.reading() as session:
        before, after = (groups(session, Scope(quarter), "department") for quarter in (20231, 20232))
    assert before["qingshan水利局"].estimate_fen == 25_000 * WAN
    assert "qingshan人民政府" not in before
    assert after["qingshan人民政府"].estimate_fen == 25_000 * WAN
    assert "qingshan水利局" not in after


def test_an_estimate_counts_from_its_quarter_on(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.forest, 9_500 * WAN, a_basis(20223), by=SOMEBODY)
    with stored.reading() as session:
        amounts = [whole(session, OPERATOR_READER, Scope(quarter)).estimate_fen for quarter in (20222, 20223)]
    assert amounts == [34_000 * WAN, 34_500 * WAN]


def test_unknown_groups_have_a_null_key_and_come_last(stored: Database) -> None:
    with stored.reading() as session:
        rows = estimate_rollup(session, OPERATOR_READER, Scope(Q), ("department", "first_year"))
    assert rows[-1].keys == (None, None)
    assert rows[-1].as_row(("department", "first_year")) == {
        "department": None,
        "first_year": None,
        "projects": 1,
        "leaves": 1,
        "without_estimate": 1,
        "estimate_fen": None,
    }


def test_a_reader_adds_up_only_the_plans_that_it_sees(loaded: Database) -> None:
    with loaded.writing() as session:
        person = make_person(session, "leader", "leader", plan=find_plan(session, "tunliu"))
        reader = reader_of(session, person)
    with loaded.reading() as session:
        assert [row.keys for row in estimate_rollup(session, reader, Scope(Q), ("plan",))] == [("tunliu",)]
        nobody = Reader(reader.actor, ())
        assert whole(session, nobody, Scope(Q)).projects == 0


@pytest.mark.parametrize(("by", "level", "error"), [(("colour",), 1, UnknownDimension), (("plan",), 4, UnknownLevel)])
def test_an_unknown_key_or_level_is_refused(
    stored: Database, by: tuple[str, ...], level: int, error: type[Exception]
) -> None:
    with stored.reading() as session, pytest.raises(error):
        estimate_rollup(session, OPERATOR_READER, Scope(Q), by, level=level)
