"""Targets, readings and groups of indicators as of a quarter, on plans of a few projects."""

from fractions import Fraction

from sqlalchemy import event
from sqlmodel import Session

from milestones import why_not
from portfolio.access import OPERATOR_READER
from reports.coverage import plan_coverage, programme_coverage
from reports.indicator_series import indicator_series
from reports.indicators import indicator_figures
from reports.rollup import Scope
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import (
    FOREST,
    forest_cover,
    one_indicator,
    put_indicator,
    put_quantity,
    put_reading,
    put_rule,
    put_target,
    put_work,
)
from tests.samples import SmallPlan

END = 20244


# ---- targets, rules and readings as of a quarter


def test_a_superseded_target_leaves_earlier_quarters_as_they_were(working: tuple[Session, SmallPlan]):
    session, small = working
    cover = put_indicator(session, small.plan, baseline="33.25")
    put_rule(session, cover, {FOREST: 1}, whole=("945.8", "平方公里"))
    put_target(session, cover, "delegated", reference="35", until=20233)
    put_target(session, cover, value="33.5", from_quarter=20233)
    before, after = one_indicator(session, Scope(20232)), one_indicator(session, Scope(20233))
    assert (before.target.kind, before.coverage.by_body, before.coverage.verdict) == ("delegated", True, "short")
    assert (after.target.kind, after.coverage.by_body, after.coverage.verdict) == ("number", False, "enough")


def test_readings_stand_apart_from_the_roll_up(working: tuple[Session, SmallPlan]):
    session, small = working
    cover = put_indicator(session, small.plan, baseline="33")
    put_target(session, cover, value="35")
    assert one_indicator(session).achieved.why_not == why_not.NO_READING
    put_reading(session, cover, 20224, "33.5")
    put_reading(session, cover, 20234, "33.6")
    put_reading(session, cover, 20234, "34")
    put_reading(session, cover, 20254, "36")
    figures = one_indicator(session)
    assert figures.official is not None
    assert (figures.official.quarter, figures.official.measured.value) == (20234, 34)
    assert [row.quarter for row in figures.readings] == [20224, 20234]
    assert (figures.achieved.verdict, figures.achieved.ratio) == ("not-met", Fraction(1, 2))
    assert (figures.rolled_up, figures.coverage.why_not) == (None, (why_not.NO_RULE,))
    assert one_indicator(session, Scope(20204)).official is None


def test_keep_trend_grade_and_judgement_are_read_from_the_readings(working: tuple[Session, SmallPlan]):
    session, small = working
    kinds = {
        "1": ("keep", None),
        "2": ("keep", "20"),
        "3": ("trend", None),
        "4": ("grade", None),
        "5": ("qualitative", None),
    }
    rows = {no: put_indicator(session, small.plan, no, baseline=base) for no, (_, base) in kinds.items()}
    for no, (kind, _) in kinds.items():
        put_target(session, rows[no], kind, printed="稳定在Ⅲ类" if kind == "grade" else "不减少")
    put_reading(session, rows["1"], 20234, "20")
    put_reading(session, rows["2"], 20234, "20")
    for quarter, value in ((20224, "8"), (20234, "9")):
        put_reading(session, rows["3"], quarter, value)
    put_reading(session, rows["4"], 20234, grade=4)
    put_reading(session, rows["5"], 20234, judgement="partly")
    found = {row.no: row.achieved for row in indicator_figures(session, OPERATOR_READER, Scope(END))}
    assert [found[no].verdict for no in sorted(found)] == [None, "met", "met", "not-met", "partly"]
    assert found["1"].why_not == why_not.NO_BASELINE


def test_a_baseline_in_another_unit_is_only_shown(working: tuple[Session, SmallPlan]):
    session, small = working
    less = put_indicator(session, small.plan, name="化学需氧量减少", baseline="5641", baseline_unit="吨", change=True)
    put_target(session, less, value="10")
    put_reading(session, less, 20234, "4")
    area = put_indicator(session, small.plan, "2", unit="万亩", baseline="5000", baseline_unit="亩", name="面积")
    put_target(session, area, value="1")
    put_rule(session, area, {FOREST: 1}, formula="total")
    first, second = indicator_figures(session, OPERATOR_READER, Scope(END))
    assert (first.terms.other_unit, first.achieved.ratio) == (True, Fraction(2, 5))
    assert (second.terms.baseline, second.coverage.needed) == (Fraction("0.5"), 5000)
    assert work_mismatches(session, END) == []


# ---- groups


def test_plans_and_programmes_show_counts_and_programmes_add_up_to_the_plan(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)
    put_quantity(session, small.sewage, "300", "亩")
    put_target(session, put_indicator(session, small.plan, "2", name="水质", nature="约束性"), "grade", printed="Ⅲ类")
    figures = indicator_figures(session, OPERATOR_READER, Scope(END))
    (plan,) = plan_coverage(figures)
    assert (plan.counts.short, plan.counts.not_computable, plan.counts.all) == (1, 1, 2)
    assert (plan.binding.not_computable, plan.binding.all) == (1, 1)
    rows = programme_coverage(session, OPERATOR_READER, Scope(END), figures)
    assert [(row.programme, row.carried[0].planned, row.counts.short) for row in rows] == [
        (small.greening.name, 9000, 1),
        (small.cleaning.name, 300, 1),
    ]
    assert sum(row.carried[0].planned for row in rows) == figures[0].coverage.planned
    assert programme_coverage(session, OPERATOR_READER, Scope(END), figures[1:]) == []


def test_the_number_of_queries_does_not_grow_with_the_indicators(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)

    def queries() -> int:
        heard: list[str] = []

        def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            heard.append(statement)

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", hear)
        indicator_figures(session, OPERATOR_READER, Scope(END), with_contributions=True)
        event.remove(engine, "before_cursor_execute", hear)
        return len(heard)

    before = queries()
    for number in range(2, 8):
        row = put_indicator(session, small.plan, str(number), unit="亩", change=True)
        put_target(session, row, value="100")
        put_rule(session, row, {FOREST: 1}, formula="total")
    assert queries() == before <= 12


def test_a_share_of_an_indicator_that_is_no_percentage_is_not_computable(working: tuple[Session, SmallPlan]):
    session, small = working
    index = put_indicator(session, small.plan, unit="个", baseline="3", name="指数")
    put_target(session, index, value="5")
    put_rule(session, index, {FOREST: 1}, whole=("10", "平方公里"), start=("3", "平方公里"))
    figures = one_indicator(session)
    assert (figures.rolled_up, figures.coverage.support, figures.coverage.planned) == (None, None, 5000)
    assert [one.text("zh") for one in figures.coverage.why_not] == ["“指数”以%计，不能换算为个"]


def test_the_series_of_an_indicator_stand_apart_by_year(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)
    put_work(session, small.forest, "verified", "1500", "亩", 20222)
    row = one_indicator(session)
    series = indicator_series(session, OPERATOR_READER, Scope(20242), row.indicator_id)
    assert [point.quarter for point in series.rolled_up] == [20214, 20224, 20234, 20242]
    values = [point.value for point in series.rolled_up]
    assert values[0] is None  # nothing counted yet, which is not the baseline
    assert values[1] == values[3] == row.rolled_up
    assert [(point.quarter, point.value) for point in series.line][::5] == [(20204, Fraction("33.25")), (20254, 35)]
    assert (series.figures.if_all_finished, series.official) == (row.if_all_finished, ())
