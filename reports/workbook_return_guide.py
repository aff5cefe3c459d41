"""The first sheet of a department's return: what it is, until when, how to fill it in, and who signs."""

from core.errors import N_
from reports.return_form import SHEETS, TEMPLATE_VERSION, ReturnForm
from reports.workbook_cells import add_heading, add_sheet, merge_text, set_height, write_text
from reports.workbook_style import Book

_NAME: str = N_("说明")
_STEPS = (
    N_("只填浅黄色的单元格。白色单元格是系统里已有的数字，供对照，改了会被退回。"),
    N_("填的是整个季度的情况：金额和数量填本季合计，不是在已记账的数上再加的部分。"),
    N_("留空表示没有填报，填 0 表示本季确实没有，两者不同；原来有内容、现在清空的，视为撤回这一项。"),
    N_("可以排序、筛选、调整列的先后和宽度，也可以用 WPS、LibreOffice 打开后另存。不要改动列名，不要自行增加行。"),
    N_("删去的行视为没有改动，不会删掉系统里的内容。"),
    N_(
        "填好后在网页“填报本季”里上传。系统先逐格核对，有问题的会标在文件副本上；没有问题的，确认变化后一次填入，再由部门审核人审核。"
    ),
    N_("整个季度没有进展的，不必填表，请在网页上选“本期无进展”并写明原因。"),
)
_WIDTHS = (2.0, 20.0, 34.0, 16.0, 26.0)


def add_guide(book: Book, form: ReturnForm, title: str) -> None:
    """Adds the sheet."""
    words, last = book.words, len(_WIDTHS) - 1
    sheet = add_sheet(book, _NAME, paper="A4", landscape=False, widths=_WIDTHS, caption=title)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    row = add_heading(book, sheet, title, form.plan, last, unit=False)
    due = words.say(N_("未定")) if form.due_on is None else words.day(form.due_on)
    names = words.say(N_("、")).join(words.say(name) for name in SHEETS.values())
    for label, value in (
        (N_("规划"), form.plan),
        (N_("填报部门"), form.department),
        (N_("报告期"), words.bracketed(form.period_name, str(form.period))),
        (N_("截止日期"), due),
        (N_("金额单位"), words.money_unit(form.unit)),
        (N_("模板版本"), str(TEMPLATE_VERSION)),
        (N_("要填的工作表"), names),
    ):
        write_text(book, sheet, row, 1, words.say(label), "header")
        merge_text(book, sheet, row, 2, last, value, "text")
        row += 1
    row += 1
    merge_text(book, sheet, row, 1, last, words.say(N_("怎样填")), "section")
    for number, step in enumerate(_STEPS, start=1):
        row += 1
        merge_text(book, sheet, row, 1, last, f"{number}. {words.say(step)}", "reading")
    for note in form.notes:
        row += 1
        merge_text(book, sheet, row, 1, last, note, "reading")
    row += 2
    for left, right in ((N_("填报人"), N_("审核人")), (N_("单位负责人"), N_("日期"))):
        set_height(book, sheet, row, 30)
        write_text(book, sheet, row, 1, words.say(left), "header")
        sheet.write_blank(row, 2, None, book.style("entry"))
        write_text(book, sheet, row, 3, words.say(right), "header")
        sheet.write_blank(row, 4, None, book.style("entry"))
        row += 1
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.activate()
