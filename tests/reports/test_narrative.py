"""The paragraph that is read out: what it says of the figures, and what it says where there are none."""

from core.database import Database
from reports.findings import words_in
from reports.narrative import narrative
from tests.budgets.line_samples import make_sources
from tests.databases import on_sqlite, plant
from tests.reports.money_samples import put_entry, put_line
from tests.reports.quarter_samples import WAN, plant_quarter
from tests.reports.reading_workbooks import report_of
from tests.samples import find_small_plan


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


quarter = on_sqlite(plant, _plant_all)


def said(database: Database, period: str = "2024Q4", *, unit: str = "亿元") -> str:
    report = report_of(database, "qingshan", period)
    return "".join(words_in("zh").sentence(one) for one in narrative(report, unit, unit))


def test_it_says_what_is_done_of_everything_and_of_the_year(quarter: Database) -> None:
    text = said(quarter)
    assert "截至2024年第4季度，累计完成投资 1.0600 亿元，占总投资（3.4000 亿元）的 31.2%。" in text
    assert "2024 年完成投资 0.1400 亿元，占年度计划（0.2500 亿元）的 56.0%，落后时间进度 44.0 个百分点。" in text
    assert "累计完成投资 10,600.00 万元" in said(quarter, unit="万元")


def test_english_counts_in_millions(quarter: Database) -> None:
    words, report = words_in("en"), report_of(quarter, "qingshan")
    for unit, amount in (("万元", "CNY 106.00 million"), ("亿元", "CNY 106.00 million"), ("元", "CNY 106,000,000.00")):
        text = " ".join(words.sentence(one) for one in narrative(report, unit, words.money_unit(unit)))
        assert f"cumulative work done is {amount}, 31.2%" in text, unit


def test_it_compares_with_the_end_of_the_last_period_and_names_corrections(quarter: Database) -> None:
    text = said(quarter)
    assert "本季完成投资 0.0500 亿元，投资完成率比上期末提高 1.5 个百分点。" in text
    assert "另有上期更正 0.0100 亿元，计入累计，不计入本期。" in text
    assert "另有上期更正" not in said(quarter, "2023Q2")


def test_it_counts_projects_lamps_milestones_and_binding_indicators(quarter: Database) -> None:
    text = said(quarter)
    assert "项目 3 个，已开工 1 个，完工 0 个，没有填报状态的 2 个。" in text
    assert "期末逾期未完成的 1 个" in text
    assert "约束性指标 1 项，按监测值达成 1 项，部分达成 0 项，未达成 0 项，不能判断的 0 项。" in text
    assert "再生水利用工程一项占总投资的 73.5%" in text


def test_without_a_plan_of_the_year_there_is_no_rate_and_no_comparison(quarter: Database) -> None:
    text = said(quarter, "2025Q1")
    assert "没有已审核的年度投资计划，不计算年度投资完成率，也不与时间进度比较" in text
    assert "2025 年完成投资 （未填报）" in text  # nobody reported of that year, which is not 0


def test_where_nothing_was_ever_reported_nothing_is_nought(sqlite_stored: Database) -> None:
    text = said(sqlite_stored)
    assert "没有已审核的资金计划，也没有下达、到位、完成投资或支付的填报" in text
    assert "项目 3 个，都没有填报状态和开工节点，不计算开工率。" in text
    assert "0.0000" not in text
    assert "完成率" not in text


def test_ahead_of_time_and_level_with_it_are_said_too(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        sources, forest = make_sources(session), find_small_plan(session).forest
        put_line(session, forest, 2024, sources["county"], 1000 * WAN, 20241)
        put_entry(session, forest, "work_done", 250 * WAN, 20241)
        put_entry(session, forest, "work_done", 400 * WAN, 20242)
    assert "占年度计划（0.1000 亿元）的 25.0%，与时间进度持平" in said(sqlite_stored, "2024Q1")
    assert "的 65.0%，超过时间进度 15.0 个百分点" in said(sqlite_stored, "2024Q2")


def test_a_period_of_many_years_compares_with_nothing_before_it(quarter: Database) -> None:
    text = said(quarter, "2025FINAL")
    assert "截至2025年末期" in text
    assert "上期末" not in text
