"""The self-evaluation form (项目支出绩效自评表) as a workbook, one sheet of A4: shares, rates and totals are live formulas.

Source: domain page, section 10; the columns are those of the form that finance bureaus send out.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.calendar import last_day
from core.errors import N_
from milestones.performance_reading import points_text
from portfolio.facts import EDITIONS
from reports.findings import Words, words_in
from reports.self_evaluation import TITLE, EvaluatedLevel, EvaluatedLine, SelfEvaluation, YearMoney
from reports.workbook import Target
from reports.workbook_cells import (
    add_heading,
    add_sheet,
    grow_row,
    merge_text,
    set_height,
    write_amount,
    write_sum,
    write_text,
)
from reports.workbook_style import Book, open_book

SHEET = N_("绩效自评表")
_WIDTHS = (11.0, 12.0, 25.0, 15.0, 15.0, 8.0, 9.0, 8.0, 27.0)
_LAST = len(_WIDTHS) - 1
_NAME, _WANTED, _REACHED, _WEIGHT, _RATE, _SCORE, _WHY = 2, 3, 4, 5, 6, 7, 8
_POINTS, _SHARE = "0.00", "0.00%"
_UNREPORTED, _NO_TARGETS = N_("未填报"), N_("未设置指标")
_FORM = (
    N_("一级指标"),
    N_("二级指标"),
    N_("三级指标"),
    N_("年度指标值"),
    N_("实际完成值"),
    N_("分值"),
    N_("得分率"),
    N_("得分"),
)
_MONEY = (N_("年初预算数"), N_("全年预算数"), N_("全年执行数"), N_("分值"), N_("执行率"), N_("得分"))
WHY = N_("偏差原因分析及改进措施")


@dataclass
class _Rows:
    """Where the scored lines stand, for the formulas of the total (rows count from 1, as formulas do)."""

    scored: list[int] = field(default_factory=list)

    def cells(self, column: str) -> str:
        """The scored cells of a column; neighbours are one range."""
        spans: list[list[int]] = []
        for row in self.scored:
            if spans and spans[-1][1] == row - 1:
                spans[-1][1] = row
            else:
                spans.append([row, row])
        return ",".join(f"{column}{first}:{column}{last}" for first, last in spans)


def write_self_evaluation(
    form: SelfEvaluation, target: Target, *, language: str = "zh", unit: str = "万元", demo: bool = False
) -> None:
    """Writes the form. The same form gives the same bytes.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    title = f"{form.project.name} {words.say(TITLE)} {form.year}"
    book = open_book(target, words, unit, demo=demo, title=title, made_on=last_day(form.quarter))
    caption = words.beside(form.plan.short_title, form.project.code, str(form.year))
    sheet = add_sheet(book, SHEET, paper="A4", landscape=False, widths=_WIDTHS, caption=caption)
    under = words.say(N_("%(year)s 年度　口径：%(edition)s"), year=form.year, edition=words.say(EDITIONS[form.edition]))
    row = add_heading(book, sheet, words.say(TITLE), under, _LAST, unit=True)
    row = _write_who(book, sheet, row, form)
    rows = _Rows()
    row = _write_money(book, sheet, row, form, rows)
    row = _write_goal(book, sheet, row, form)
    row = _write_lines(book, sheet, row, form, rows)
    row = _write_total(book, sheet, row, form, rows)
    for note in notes_of(form, words):
        merge_text(book, sheet, row, 0, _LAST, note, "note")
        row += 1
    book.file.close()


def notes_of(form: SelfEvaluation, words: Words) -> list[str]:
    """What stands below the form: how points are earned, and what is still open."""
    notes = [
        words.say(
            N_(
                "评分：定量指标达到目标得满分，未达到的按完成值÷目标值×分值；越低越好的指标超过目标后按比例扣分，"
                "达到目标值的两倍为 0 分。"
                "定性指标达成得 80%—100%，部分达成得 60%—80%，未达成得 60% 以下。预算执行率按执行率×分值，最高得满分。"
            )
        ),
        words.say(
            N_("预算数与执行数的财政资金口径与预算执行率一致：本年财政资金支付 ÷ 本年年度预算（调整后，含结转）。")
        ),
    ]
    for level in form.levels:
        if level.unshared > 0:
            notes.append(
                words.say(
                    N_("“%(level)s”共 %(share)s 分，还有 %(open)s 分没有设置指标。"),
                    level=words.say(level.name),
                    share=points_text(level.share),
                    open=points_text(level.unshared),
                )
            )
    if form.points.total is None:
        open_points = points_text(form.points.open)
        notes.append(words.say(N_("还有 %(open)s 分未填报或不可计算，总分不出。"), open=open_points))
    return notes


def _write_who(book: Book, sheet: Worksheet, row: int, form: SelfEvaluation) -> int:
    silent = book.words.say(N_("规划未载明"))
    merge_text(book, sheet, row, 0, 1, book.words.say(N_("项目名称")), "header")
    merge_text(book, sheet, row, 2, _LAST, book.words.bracketed(form.project.name, form.project.code), "text")
    merge_text(book, sheet, row + 1, 0, 1, book.words.say(N_("主管部门")), "header")
    merge_text(book, sheet, row + 1, 2, 3, form.lead or silent, "text" if form.lead else "quiet")
    merge_text(book, sheet, row + 1, 4, 5, book.words.say(N_("实施单位")), "header")
    merge_text(book, sheet, row + 1, 6, _LAST, form.builder or silent, "text" if form.builder else "quiet")
    return row + 2


def _write_money(book: Book, sheet: Worksheet, row: int, form: SelfEvaluation, rows: _Rows) -> int:
    """The money of the year: fiscal money earns points, all other money is only shown."""
    say, header = book.words.say, book.style("header")
    sheet.merge_range(row, 0, row + 3, 0, say(N_("项目资金")), header)
    sheet.write_blank(row, 1, None, header)
    for place, title in enumerate((*_MONEY, N_("说明")), start=2):
        sheet.write_string(row, place, say(title), header)
    fiscal, other, total = row + 1, row + 2, row + 3
    for at, name, money in ((fiscal, N_("财政资金"), form.fiscal), (other, N_("其他资金"), form.other)):
        sheet.write_string(at, 1, say(name), book.style("text"))
        for place, fen in enumerate(_amounts(money), start=2):
            write_amount(book, sheet, at, place, fen)
    sheet.write_string(total, 1, say(N_("合计")), book.style("total"))
    for place, (one, more) in enumerate(zip(_amounts(form.fiscal), _amounts(form.other), strict=True), start=2):
        known = [fen for fen in (one, more) if fen is not None]
        column = "CDE"[place - 2]
        cells = f"{column}{fiscal + 1}:{column}{other + 1}"
        write_sum(book, sheet, total, place, cells, sum(known) if known else None, "total number")
    rows.scored.append(fiscal + 1)
    _points(book, sheet, fiscal, _WEIGHT, form.execution_share)
    rate, at = form.rate.value, fiscal + 1
    cached: float | str = "" if rate is None else _in_cell(rate)
    formula = f'=IF(N(D{at})=0,"",ROUND(E{at}/D{at},10))'
    sheet.write_formula(fiscal, _RATE, formula, book.style("number", num_format=_SHARE), cached)
    earned: float | str = (
        "" if rate is None else _in_cell(min(max(_held(rate), Fraction(0)), Fraction(1)) * form.execution_share, 8)
    )
    formula = f'=IF(G{at}="","",ROUND(MIN(MAX(G{at},0),1)*F{at},8))'
    sheet.write_formula(fiscal, _SCORE, formula, book.style("number", num_format=_POINTS), earned)
    _said(book, sheet, fiscal, say(N_("没有年度预算，不计算")) if rate is None else None)
    for at in (other, total):
        for place in (_WEIGHT, _RATE, _SCORE):
            sheet.write_string(at, place, "—", book.style("middle"))
        sheet.write_blank(at, _WHY, None, book.style("text"))
    return total + 1


def _amounts(money: YearMoney) -> tuple[int | None, ...]:
    return money.original_fen, money.budget_fen, money.paid_fen


def _in_cell(value: Fraction, places: int = 10) -> float:
    """A number as a cell holds it and as the formulas round it: half up."""
    of = 10**places
    return (value.numerator * 2 * of + value.denominator) // (value.denominator * 2) / of


def _held(value: Fraction) -> Fraction:
    """The same number exactly as its cell holds it, which formulas go on from."""
    return Fraction(round(_in_cell(value) * 10**10), 10**10)


def _points(book: Book, sheet: Worksheet, row: int, place: int, points: Fraction | None, style: str = "number") -> None:
    made = book.style(style, num_format=_POINTS)
    if points is None:
        sheet.write_blank(row, place, None, made)
    else:
        sheet.write_number(row, place, _in_cell(points), made)


def _write_goal(book: Book, sheet: Worksheet, row: int, form: SelfEvaluation) -> int:
    words = book.words
    merge_text(book, sheet, row, 0, 4, words.say(N_("年度总体目标")), "header")
    merge_text(book, sheet, row, 5, _LAST, book.words.say(N_("年度总体目标完成情况")), "header")
    goal = form.goal or words.say(N_("未填写"))
    if form.goal and form.goal_of_plan:
        goal = words.say(N_("规划载明的建设内容：%(text)s"), text=form.goal)
    merge_text(book, sheet, row + 1, 0, 4, goal, "text" if form.goal else "quiet")
    merge_text(book, sheet, row + 1, 5, _LAST, form.words or words.say(_UNREPORTED), "text" if form.words else "quiet")
    set_height(book, sheet, row + 1, 42)
    return row + 2


def _write_lines(book: Book, sheet: Worksheet, row: int, form: SelfEvaluation, rows: _Rows) -> int:
    for place, title in enumerate((*_FORM, WHY)):
        grow_row(book, sheet, row, book.words.say(title), _WIDTHS[place], "header")
        sheet.write_string(row, place, book.words.say(title), book.style("header"))
    sheet.repeat_rows(row)
    row += 1
    for level in form.levels:
        first = row
        for line in level.lines:
            _write_line(book, sheet, row, line)
            rows.scored.append(row + 1)
            row += 1
        if not level.lines:
            _write_nothing(book, sheet, row)
            row += 1
        _first_cells(book, sheet, first, row - 1, level)
    return row


def _first_cells(book: Book, sheet: Worksheet, first: int, last: int, level: EvaluatedLevel) -> None:
    """The name of the level and its share, across its rows."""
    text = book.words.bracketed(f"{book.words.say(level.name)}\n", points_text(level.share))
    if last > first:
        sheet.merge_range(first, 0, last, 0, text, book.style("middle"))
    else:
        set_height(book, sheet, first, 32)
        sheet.write_string(first, 0, text, book.style("middle"))


def _write_nothing(book: Book, sheet: Worksheet, row: int) -> None:
    for place in range(1, _LAST + 1):
        sheet.write_blank(row, place, None, book.style("quiet"))
    sheet.write_string(row, _NAME, book.words.say(_NO_TARGETS), book.style("quiet"))


def _write_line(book: Book, sheet: Worksheet, row: int, line: EvaluatedLine) -> None:
    say, at = book.words.say, row + 1
    set_height(book, sheet, row, 24)
    write_text(book, sheet, row, 1, say(line.second_level), "middle")
    write_text(book, sheet, row, _NAME, line.target.name)
    write_text(book, sheet, row, _WANTED, line.wanted, "middle")
    word, figure = line.reached
    reached = " ".join(filter(None, (None if word is None else say(word), figure)))
    if line.score is None:
        sheet.write_string(row, _REACHED, say(_UNREPORTED), book.style("quiet middle"))
    else:
        write_text(book, sheet, row, _REACHED, reached, "middle")
    _points(book, sheet, row, _WEIGHT, line.weight)
    share: float | str = "" if line.score is None else _in_cell(_held(line.score) / line.weight, 8)
    formula = f'=IF(H{at}="","",ROUND(H{at}/F{at},8))'
    sheet.write_formula(row, _RATE, formula, book.style("number", num_format=_SHARE), share)
    _points(book, sheet, row, _SCORE, line.score)
    why = None if line.result is None else line.result.why
    _said(book, sheet, row, why or (say(N_("未说明")) if line.needs_reason else None))


def _said(book: Book, sheet: Worksheet, row: int, text: str | None, style: str = "text") -> None:
    """The last column: a reason or a note, or nothing."""
    if text is None:
        sheet.write_blank(row, _WHY, None, book.style(style))
    else:
        write_text(book, sheet, row, _WHY, text, style)


def _write_total(book: Book, sheet: Worksheet, row: int, form: SelfEvaluation, rows: _Rows) -> int:
    """The total, which shows nothing while anything is open, and below it what was earned so far."""
    words, count = book.words, len(rows.scored)
    weights, scores = rows.cells("F"), rows.cells("H")
    number = book.style("total number", num_format=_POINTS)
    merge_text(book, sheet, row, 0, _WEIGHT - 1, words.say(N_("总分")), "total")
    sheet.write_formula(row, _WEIGHT, f"=ROUND(SUM({weights}),6)", number, _in_cell(form.points.weight, 6))
    sheet.write_blank(row, _RATE, None, number)
    full = _in_cell(form.full)
    formula = f'=IF(OR(COUNT({scores})<{count},ROUND(SUM({weights}),6)<{full:g}),"",ROUND(SUM({scores}),6))'
    total = form.points.total
    sheet.write_formula(row, _SCORE, formula, number, "" if total is None else _in_cell(total, 6))
    sheet.write_string(
        row, _WHY, "" if total is not None else words.say(N_("有未评的分值，总分不出")), book.style("total")
    )
    if total is not None:
        return row + 1
    row += 1
    merge_text(book, sheet, row, 0, _WEIGHT - 1, words.say(N_("未评的分值和已评的得分")), "text")
    plain = book.style("number", num_format=_POINTS)
    rated = "+".join(f"IF(ISNUMBER(H{at}),F{at},0)" for at in rows.scored)
    sheet.write_formula(row, _WEIGHT, f"=ROUND({full:g}-({rated}),6)", plain, _in_cell(form.points.open, 6))
    sheet.write_blank(row, _RATE, None, plain)
    sheet.write_formula(row, _SCORE, f"=ROUND(SUM({scores}),6)", plain, _in_cell(form.points.earned, 6))
    sheet.write_blank(row, _WHY, None, plain)
    return row + 1
