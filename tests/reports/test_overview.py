"""The overview: figures that page and workbook share, and the sentences that say what they mean."""

from fractions import Fraction

import pytest

from budgets.estimates import set_estimate
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.plans import find_plan
from reports.findings import Dominance, MoneyGroup, Sentence, department_finding, percent, programme_finding
from reports.overview import Overview, overview
from reports.rollup import Scope, whole
from tests.samples import SOMEBODY, WAN, a_basis, find_small_plan, identity, make_project

Q = 20244


def seen(database: Database, *codes: str, quarter: int = Q) -> Overview:
    with database.reading() as session:
        ids = frozenset(identity(plan) for code in codes if (plan := find_plan(session, code)) is not None)
        return overview(session, OPERATOR_READER, Scope(quarter, ids or None))


def zh(sentence: Sentence) -> str:
    return sentence.text(lambda text: text)


def test_xiaoyi_is_dominated_by_one_package(loaded: Database) -> None:
    dominance = seen(loaded, "xiaoyi").total.dominance
    assert dominance is not None
    assert (dominance.code, dominance.share) == ("xiaoyi-10", Fraction(250_000, 514_303))
    assert zh(dominance.finding) == "水环境综合治理及再生水循环利用项目一项占总投资的 48.6%"


def test_the_findings_of_xiaoyi_can_be_read_out(loaded: Database) -> None:
    found = seen(loaded, "xiaoyi")
    assert zh(found.programme_finding) == (
        "流域生态治理修复占总投资的 50.7%；水环境综合治理及再生水循环利用项目一项占总投资的 48.6%"
    )
    assert zh(found.department_finding) == "吕梁市生态环境局孝义分局牵头 19 个项目，占总投资的 53.9%"


def test_indicators_commitments_and_contradictions_are_counted(loaded: Database) -> None:
    total = seen(loaded, "xiaoyi").total
    assert total.indicator_count == 23
    assert total.of_kind("delegated") == 17
    assert total.contradictions >= total.contradictions_grave > 0
    assert total.contradictions_undecided == total.contradictions
    assert total.commitments > 0


def test_several_plans_together_are_the_sum_of_each_and_agree_with_the_rollup(loaded: Database) -> None:
    found = seen(loaded)
    with loaded.reading() as session:
        figures = whole(session, OPERATOR_READER, Scope(Q))
    total = found.total
    assert (total.projects, total.leaves, total.without_estimate, total.estimate_fen) == (
        figures.projects, figures.leaves, figures.without_estimate, figures.estimate_fen,
    )  # fmt: skip
    for name in ("projects", "without_lead", "without_years", "indicator_count", "commitments", "contradictions"):
        assert getattr(total, name) == sum(getattr(plan, name) for plan in found.plans), name
    for groups in (found.by_programme, found.by_department):
        assert sum(group.projects for group in groups) == total.projects
        assert sum(group.estimate_fen or 0 for group in groups) == total.estimate_fen
        assert sum((group.share or Fraction(0) for group in groups), Fraction(0)) == 1


def test_a_draft_is_named_wherever_it_is_summed_with_others(loaded: Database) -> None:
    found = seen(loaded)
    assert found.drafts_in_sum == tuple(plan.title for plan in found.plans if plan.code == "jinzhong")
    assert len(found.drafts_in_sum) == 1
    assert seen(loaded, "jinzhong").drafts_in_sum == ()
    assert seen(loaded, "jinzhong").total.draft


def test_a_plan_without_money_finds_the_programme_with_most_projects(loaded: Database) -> None:
    found = seen(loaded, "tunliu")
    assert found.total.estimate_fen is None
    assert found.total.dominance is None
    assert all(group.share is None for group in found.by_programme)
    assert zh(found.programme_finding).startswith("规划未载明投资；生态经济工程实施内容的项目最多，10 个，占 ")
    assert zh(found.department_finding) == "规划没有写明任何项目的牵头部门"


def test_without_lead_and_years_count_each_project_once(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        make_project(session, small.plan, "qingshan-04", "只有起年", small.cleaning, years=(2022, None))
    total = seen(stored).total
    assert (total.projects, total.without_lead, total.without_years) == (4, 2, 2)


@pytest.mark.parametrize(("other_wan", "dominant"), [(58_333, True), (58_334, False)])
def test_dominance_begins_at_thirty_per_cent(stored: Database, other_wan: int, dominant: bool) -> None:
    """25,000 of 83,333 is just above 30 %, of 83,334 just below, when no other project is larger."""
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.forest, (other_wan - 2 * 24_000) * WAN, a_basis(20211), by=SOMEBODY)
        for number in (5, 6):
            make_project(session, small.plan, f"q-{number}", f"其他{number}", small.greening, estimate_wan=24_000)
    dominance = seen(stored).total.dominance
    assert (dominance is not None and dominance.code == "qingshan-02") is dominant


def test_what_held_in_a_past_quarter_is_what_is_seen(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.sewage, 100_000 * WAN, a_basis(20233), by=SOMEBODY)
    before, after = seen(stored, quarter=20232).total, seen(stored, quarter=20233).total
    assert (before.without_estimate, after.without_estimate) == (1, 0)
    assert before.dominance is not None
    assert after.dominance is not None
    assert (before.dominance.code, after.dominance.code) == ("qingshan-02", "qingshan-03")


def test_shares_are_rounded_half_up() -> None:
    assert percent(Fraction(1, 2000)) == "0.1"
    assert percent(Fraction(49, 100_000)) == "0.0"
    assert percent(Fraction(250_000, 514_303)) == "48.6"
    assert percent(Fraction(1)) == "100.0"


def test_findings_of_nothing_say_so() -> None:
    assert zh(programme_finding((), 0, None)) == "没有项目"
    assert zh(department_finding((), 0)) == "没有项目"


def test_a_name_with_a_percent_sign_does_not_break_a_sentence() -> None:
    group = MoneyGroup("100%治理%(x)s", 1, 1, 0, 100, Fraction(1))
    said = programme_finding((group,), 1, Dominance("a", "50%d", 100, Fraction(1)))
    assert zh(said) == "100%治理%(x)s占总投资的 100.0%；50%d一项占总投资的 100.0%"
