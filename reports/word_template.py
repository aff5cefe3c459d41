"""Makes the Word templates that come with the program: `python -m reports.word_template` writes them anew after a change here.

The Chinese one is the one that an office edits; the English one says the same (reports/word_english.py).

Headings in 黑体, body in 宋体, A4 upright, tables with thin borders and repeated heads, 第 X 页 共 Y 页 at the foot. What
stands in braces are the fields of reports/word_facts.py; the office may move, delete and restyle all of it in its own copy.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from reports import word_english
from reports.word import stable_docx

BODY, HEADING = "宋体", "黑体"
_LATIN = "Arial"
_ACCENT = RGBColor(0x1F, 0x5C, 0x45)
_HEAD_FILL = "E6EFEA"
_NUMBER = "数"  # marks a column of numbers, which stand at the right
_FOLDER = Path(__file__).parent / "word_templates"
PLACES = {"zh": _FOLDER / "quarterly.docx", "en": _FOLDER / "quarterly.en.docx"}

# Tables: the heading above, what stands when there is nothing, the list they repeat, and their columns (head, field, width).
_Table = tuple[str, str, str, tuple[tuple[str, str, float], ...]]
_TABLES: tuple[_Table, ...] = (
    (
        "一、主要数字",
        "",
        "totals",
        (
            ("指标", "name", 5.2),
            ("单位", "unit", 1.6),
            ("本期数", "value数", 3.2),
            ("上期数", "before数", 3.2),
            ("比上期", "change数", 2.8),
        ),
    ),
    (
        "三、红灯项目",
        "没有红灯项目。",
        "red",
        (
            ("序号", "number", 1.1),
            ("项目名称", "name", 5.0),
            ("牵头部门", "department", 2.7),
            ("原因", "reason", 4.6),
            ("怎样转绿", "turns_green_by", 2.6),
        ),
    ),
    (
        "四、指标完成情况",
        "本规划没有列出指标。",
        "indicators",
        (
            ("指标", "name", 4.6),
            ("单位", "unit", 1.4),
            ("基期", "baseline数", 1.9),
            ("目标", "target数", 2.1),
            ("监测值", "official数", 2.1),
            ("推算值", "rolled_up数", 2.1),
            ("支撑度", "support数", 1.8),
        ),
    ),
    (
        "五、上期更正",
        "本期没有对以前各期的更正。",
        "corrections",
        (
            ("编号", "number", 1.2),
            ("所属期", "quarter", 2.0),
            ("更正事项", "title", 4.3),
            ("更正前后", "effect", 4.7),
            ("原因", "reason", 3.8),
        ),
    ),
    (
        "六、督办事项",
        "没有督办事项。",
        "orders",
        (
            ("编号", "number", 1.2),
            ("事项", "title", 5.2),
            ("承办部门", "department", 3.0),
            ("办理期限", "due_on", 2.6),
            ("办理情况", "state", 4.0),
        ),
    ),
)


def template_bytes(language: str = "zh") -> bytes:
    """The template in a language. The same code gives the same bytes."""
    english = language == "en"
    said = word_english.TEXTS.__getitem__ if english else str
    word = Document()
    _page(word, said)
    _styles(word)
    _paragraph(word, "{%p if demo %}")
    _paragraph(word, "{{ demo }}", align=WD_ALIGN_PARAGRAPH.CENTER, font=HEADING)
    _paragraph(word, "{%p endif %}")
    _paragraph(word, "{{ title }}", align=WD_ALIGN_PARAGRAPH.CENTER, size=18, font=HEADING, colour=_ACCENT, after=4)
    _paragraph(word, "{{ plan }}", align=WD_ALIGN_PARAGRAPH.CENTER, size=13, font=HEADING, after=4)
    _paragraph(
        word,
        said("{{ period }}　{{ issue }}　数据截至 {{ as_of }}"),
        align=WD_ALIGN_PARAGRAPH.CENTER,
        size=10.5,
        after=10,
    )
    first, *others = _in_english() if english else _TABLES
    _section(word, first, said)
    word.add_heading(said("二、进展情况"), level=1)
    _paragraph(word, "{%p for one in narrative %}")
    _paragraph(word, "{{ one }}", indent=True)
    _paragraph(word, "{%p endfor %}")
    _paragraph(
        word,
        said(
            "亮灯：{% for one in lamps %}{{ one.lamp }} {{ one.count }} 个{% if not loop.last %}，{% endif %}{% endfor %}。"
        ),
        indent=True,
    )
    for one in others:
        _section(word, one, said)
    word.add_heading(said("七、说明"), level=1)
    _paragraph(word, "{%p for one in notes %}")
    _paragraph(word, "{{ loop.index }}. {{ one }}", size=9)
    _paragraph(word, "{%p endfor %}")
    if english:
        _set_latin(word)
    made = io.BytesIO()
    word.core_properties.title, word.core_properties.author, word.core_properties.comments = "", "", ""
    word.save(made)
    return stable_docx(made.getvalue())


def _in_english() -> Iterator[_Table]:
    said = word_english.TEXTS
    for title, nothing, rows, columns in _TABLES:
        heads = [word_english.HEADS.get((rows, label)) or said[label] for label, _, _ in columns]
        fields = [field for _, field, _ in columns]
        widths = word_english.WIDTHS[rows]
        yield said[title], said.get(nothing, ""), rows, tuple(zip(heads, fields, widths, strict=True))


def _set_latin(word: Any) -> None:
    """Names stay in Chinese type; everything else stands in that of the language, headings bold."""
    for root in (word.element, word.styles.element, word.sections[0].footer._element):
        for fonts in root.iter(qn("w:rFonts")):
            for kind in ("w:ascii", "w:hAnsi", "w:cs"):
                fonts.set(qn(kind), _LATIN)
    word.styles["Heading 1"].font.bold = True


def _page(word: Any, said: Callable[[str], str]) -> None:
    section = word.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2.2)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES"), (" 页", "")):
        _run(foot, said(text), size=9)
        if field:
            _field(foot, field)


def _styles(word: Any) -> None:
    for name, font, size in (("Normal", BODY, 10.5), ("Heading 1", HEADING, 13)):
        style = word.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(kind), font)
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            if fonts.get(qn(kind)) is not None:
                del fonts.attrib[qn(kind)]
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")  # else office programs print the stops of another script
    heading = word.styles["Heading 1"]
    heading.font.bold, heading.font.color.rgb = False, _ACCENT
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), Pt(4)
    word.styles["Normal"].paragraph_format.space_after = Pt(4)
    word.styles["Normal"].paragraph_format.line_spacing = 1.35


def _section(word: Any, table: _Table, said: Callable[[str], str]) -> None:
    title, nothing, rows, columns = table
    word.add_heading(title, level=1)
    if rows == "totals":
        _paragraph(word, said("单位：{{ unit }}"), align=WD_ALIGN_PARAGRAPH.RIGHT, size=9, after=0)
    if nothing:
        _paragraph(word, "{%p if " + rows + " %}")
    _table(word, rows, columns)
    if nothing:
        _paragraph(word, "{%p else %}")
        _paragraph(word, nothing, indent=True)
        _paragraph(word, "{%p endif %}")


def _table(word: Any, rows: str, columns: tuple[tuple[str, str, float], ...]) -> None:
    """A head, a row that begins to repeat, the row that is repeated, and one that ends it."""
    made = word.add_table(rows=4, cols=len(columns))
    made.style, made.alignment, made.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    head, begin, each, end = made.rows
    begin.cells[0].text, end.cells[0].text = "{%tr for one in " + rows + " %}", "{%tr endfor %}"
    head._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    each._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))
    for place, (label, field, width) in enumerate(columns):
        for row in made.rows:
            row.cells[place].width = Cm(width)
        head.cells[place]._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=_HEAD_FILL))
        _cell(head.cells[place], label, font=HEADING, align=WD_ALIGN_PARAGRAPH.CENTER)
        number = field.endswith(_NUMBER)
        align = WD_ALIGN_PARAGRAPH.RIGHT if number else WD_ALIGN_PARAGRAPH.LEFT
        _cell(each.cells[place], "{{ one." + field.removesuffix(_NUMBER) + " }}", align=align)
    margins = _element("w:tblCellMar")
    for side, width in (("top", 40), ("left", 80), ("bottom", 40), ("right", 80)):
        margins.append(_element(f"w:{side}", w=str(width), type="dxa"))
    made._tbl.tblPr.append(margins)
    grid = made._tbl.tblGrid
    for column, (_, _, width) in zip(grid.findall(qn("w:gridCol")), columns, strict=True):
        column.set(qn("w:w"), str(Cm(width).twips))


def _cell(cell: Any, text: str, *, font: str = BODY, align: Any = None) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(0), 1.0
    _run(paragraph, text, size=9, font=font)


def _paragraph(
    word: Any,
    text: str,
    *,
    align: Any = None,
    size: float = 10.5,
    font: str = BODY,
    colour: RGBColor | None = None,
    indent: bool = False,
    after: float | None = None,
) -> None:
    paragraph = word.add_paragraph()
    paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size)
    if after is not None:
        paragraph.paragraph_format.space_after = Pt(after)
    _run(paragraph, text, size=size, font=font, colour=colour)


def _run(paragraph: Any, text: str, *, size: float, font: str = BODY, colour: RGBColor | None = None) -> Any:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _field(paragraph: Any, name: str) -> None:
    """A number that the office program fills in."""
    run = _run(paragraph, "", size=9)
    for kind in ("begin", "instr", "separate", "text", "end"):
        if kind == "instr":
            part = OxmlElement("w:instrText")
            part.text = name
        elif kind == "text":
            part = OxmlElement("w:t")
            part.text = "1"
        else:
            part = _element("w:fldChar", fldCharType=kind)
        run._r.append(part)


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


if __name__ == "__main__":
    for language, place in PLACES.items():
        place.write_bytes(template_bytes(language))
