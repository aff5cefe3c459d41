"""Rows of a spreadsheet as text: read exactly, or refused with what was found and what was expected."""

from datetime import date

import pytest

from budgets.cell_texts import (
    DayNumber,
    Negative,
    NoSuchDay,
    NotADate,
    ShortYear,
    UnknownKind,
    UnknownStage,
    amount_from_text,
    date_from_text,
    reduction_from_text,
    stage_from_text,
)
from budgets.entries import NewEntry
from budgets.entry_rules import NotALeaf
from budgets.entry_texts import (
    ArchivedProject,
    EntryTexts,
    PasteUnreadable,
    SeveralProjects,
    UnknownProject,
    found_and_expected,
    plan_names,
    read_row,
    rows_from_paste,
)
from budgets.sources import UnknownSource
from core.database import Database
from core.errors import Broken, Missing, SeveralBroken
from core.money import NotMoney, TooFine
from portfolio.editing import archive_project
from tests.budgets.ledger_samples import WAN, sources
from tests.samples import SOMEBODY, find_small_plan, identity, make_project

__all__ = ["sources"]  # a fixture


@pytest.mark.parametrize(
    "text",
    [
        *("2024-03-31", "2024/3/31", "2024.3.31", "2024年3月31日", "２０２４年３月３１日", " 2024-3-31 "),
        *("2024/3/31 0:00", "2024-03-31 00:00:00", "2024-03-31T00:00:00", "2024 年 3 月 31 日"),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert date_from_text(text) == date(2024, 3, 31)


@pytest.mark.parametrize(
    ("text", "error", "expected"),
    [
        ("2024/2/30", NoSuchDay, "2024-02-01—2024-02-29"),
        ("2023-02-29", NoSuchDay, "2023-02-01—2023-02-28"),
        ("2024-13-01", NoSuchDay, "1 至 12 月"),
        ("2024-00-10", NoSuchDay, "1 至 12 月"),
        ("24.3.31", ShortYear, "四位数年份"),
        ("24年3月31日", ShortYear, "四位数年份"),
        ("45382", DayNumber, "日期格式"),
        ("45382.5", DayNumber, "日期格式"),
        ("31/3/2024", NotADate, "2024-03-31"),
        ("2024-03", NotADate, "2024-03-31"),
        ("2024-3/31", NotADate, "2024-03-31"),
        ("2024/3/3 1", NotADate, "2024-03-31"),
        ("2024-03-31 12:30", NotADate, "2024-03-31"),
        ("三月", NotADate, "2024-03-31"),
        ("0000-01-01", NotADate, "四位数年份"),
        ("  ", Missing, ""),
    ],
)
def test_what_is_no_day_is_refused_with_what_was_expected(text: str, error: type[Broken], expected: str) -> None:
    with pytest.raises(error) as caught:
        date_from_text(text)
    assert type(caught.value) is error
    assert caught.value.field == "occurred_on"
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("支付", "paid"),
        ("paid", "paid"),
        ("完成投资", "work_done"),
        ("work_done", "work_done"),
        ("Work done", "work_done"),
        (" 下 达 ", "appropriated"),
        ("合同金额", "contracted"),
        ("资金到位", "received"),
    ],
)
def test_a_stage_is_known_by_its_name_and_its_key(text: str, stage: str) -> None:
    assert stage_from_text(text) == stage


@pytest.mark.parametrize("text", ["拨付", "支", "完成"])
def test_a_word_that_could_mean_two_stages_means_none(text: str) -> None:
    with pytest.raises(UnknownStage, match="下达、到位、合同、完成投资、支付"):
        stage_from_text(text)


@pytest.mark.parametrize(
    ("text", "fen"), [("1,234.5", 1_234_500_000), ("１２３４", 1_234_000_000), ("0.000001", 1), ("0", 0)]
)
def test_an_amount_is_read_exactly_in_the_unit_of_the_grid(text: str, fen: int) -> None:
    assert amount_from_text(text, "万元") == fen


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1.2亿", NotMoney),
        ("壹佰万元", NotMoney),
        ("1e9", NotMoney),
        ("1,23", NotMoney),
        ("1,234.5678901", TooFine),
        ("-5", Negative),
        (" ", Missing),
    ],
)
def test_money_is_never_guessed(text: str, error: type[Broken]) -> None:
    with pytest.raises(error) as caught:
        amount_from_text(text, "万元")
    assert caught.value.field == "amount"
    found, expected = found_and_expected(caught.value, lambda words: words)
    assert found == text.strip()
    assert expected


def test_kinds_are_named_and_a_reversal_is_no_kind_of_row() -> None:
    assert [reduction_from_text(text) for text in ("", "发生", "收回", "核减", "退回")] == [False, False] + [True] * 3
    with pytest.raises(UnknownKind, match="原来那一笔"):
        reduction_from_text("冲销")


def test_a_row_becomes_an_entry(stored: Database, sources: dict[str, int]) -> None:
    with stored.reading() as session:
        names = plan_names(session, identity(find_small_plan(session).plan))
    texts = EntryTexts("天然林保护 工程项目", "支付", "县级财政", "2024.5.6", "320", "财建〔2024〕1号", "一期", "退回")
    project, new = read_row(texts, names, unit="万元")
    assert project.code == "qingshan-01"
    assert new == NewEntry(
        *("paid", 320 * WAN, date(2024, 5, 6)),
        source_id=sources["county"],
        document="财建〔2024〕1号",
        note="一期",
        reduction=True,
    )
    by_code, without = read_row(EntryTexts("QINGSHAN-02-1", "合同", "", "2024-05-06", "1"), names, unit="元")
    assert (by_code.name, without.source_id, without.amount_fen) == ("再生水厂", None, 100)


def test_every_bad_cell_of_a_row_is_told(stored: Database, sources: dict[str, int]) -> None:
    with stored.reading() as session:
        names = plan_names(session, identity(find_small_plan(session).plan))
    with pytest.raises(SeveralBroken) as caught:
        read_row(EntryTexts("没有的项目", "拨款", "彩票", "2024/2/30", "很多", "", "", "调增"), names, unit="万元")
    assert {problem.field: type(problem) for problem in caught.value.problems} == {
        "project": UnknownProject,
        "stage": UnknownStage,
        "source": UnknownSource,
        "occurred_on": NoSuchDay,
        "amount": NotMoney,
        "kind": UnknownKind,
    }
    told = {problem.field: found_and_expected(problem, lambda words: words) for problem in caught.value.problems}
    assert told["source"] == ("彩票", "县级财政、企业自筹 之一")
    assert told["amount"] == ("很多", "以万元计的数字，例如 320 或 1,234.50")


def test_a_package_and_an_ambiguous_or_archived_name_are_refused(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        make_project(session, small.plan, "qingshan-09", "天然林保护工程项目", small.cleaning)
        version = small.sewage.row_version
        archive_project(session, small.sewage, reason="重复", expected_version=version, by=SOMEBODY)
        names = plan_names(session, identity(small.plan))
    with pytest.raises(NotALeaf, match="再生水厂、再生水管网"):
        names.project("再生水利用工程")
    with pytest.raises(SeveralProjects, match="qingshan-01、qingshan-09"):
        names.project("天然林保护工程项目")
    with pytest.raises(ArchivedProject):
        names.project("qingshan-03")
    assert names.project("qingshan-09").code == "qingshan-09"


def test_a_paste_with_a_cell_beyond_all_measure_is_refused() -> None:
    """A quotation mark that is never closed makes one cell of all that follows."""
    with pytest.raises(PasteUnreadable):
        rows_from_paste('a-1\t"' + "摘要\n" * 50_000)


def test_a_paste_is_cut_into_rows_and_cells() -> None:
    pasted = (
        "项目\t环节\t资金来源\t发生日期\t金额\t文号\t摘要\n"
        "a-1\t支付\t县级财政\t2024/3/31\t1,200.50\t财建1号\t一期\r\n"
        "\t\t\t\t\t\t\n"
        'a-2\t合同\t\t2024/4/1\t30\t\t"两行\n摘要"\n'
    )
    assert rows_from_paste(pasted) == [
        EntryTexts("a-1", "支付", "县级财政", "2024/3/31", "1,200.50", "财建1号", "一期"),
        EntryTexts("a-2", "合同", "", "2024/4/1", "30", "", "两行 摘要"),
    ]
