"""Word templates: filled the same each time, in a sandbox that prints, chooses and repeats, and does nothing else."""

import io
import re
import time
import zipfile

import pytest
from docx import Document

from core.errors import Broken
from reports.word import (
    MOST_TEMPLATE_BYTES,
    NotAWordTemplate,
    TemplateTooMuch,
    TemplateUnreadable,
    UnknownPlaceholder,
    check_template,
    filled_template,
)
from reports.word_template import PLACES, template_bytes
from tests.reports.word_samples import a_docx, some_facts, texts_of, with_part


def filled(*paragraphs: str) -> list[str]:
    return texts_of(filled_template(a_docx(*paragraphs), some_facts(), name="x.docx"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_that_comes_with_the_program_is_what_its_script_makes(language: str) -> None:
    assert PLACES[language].read_bytes() == template_bytes(language)


def test_the_english_template_says_nothing_in_chinese() -> None:
    assert not [text for text in texts_of(template_bytes("en")) if re.search(r"[\u3000-\u9fff\uff00-\uffef]", text)]


def test_placeholders_choices_and_loops_are_filled() -> None:
    found = filled("《{{ plan }}》", "{%p for one in rows %}", "{{ loop.index }}、{{ one.name }}", "{%p endfor %}")
    assert found == ["《青山县规划 A & B <b>》", "1、项目1", "2、项目2", "3、项目3"]
    assert filled("{% if nothing %}有{% else %}没有{% endif %}", "{{ rows|length }}") == ["没有", "3"]


def test_the_same_facts_give_the_same_bytes_whenever_they_are_filled_in() -> None:
    template = a_docx("{{ plan }}")
    first = filled_template(template, some_facts(), name="x.docx")
    time.sleep(2.1)  # a zip tells the time in steps of two seconds
    assert filled_template(template, some_facts(), name="x.docx") == first
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = Document(io.BytesIO(first)).core_properties
    assert (properties.title, properties.author, f"{properties.created:%Y-%m-%d}") == ("报告", "青山账", "2025-09-30")


def test_what_xml_cannot_hold_is_left_out() -> None:
    found = filled_template(a_docx("{{ plan }}"), some_facts(plan="一\x00二\x0b三\ud800四"), name="x.docx")
    assert texts_of(found) == ["一二三四"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ bogus }}", "bogus"),
        ("{{ plan.bogus }}", "bogus"),
        ("{% for a in rows %}{{ a.bogus }}{% endfor %}", "bogus"),
    ],
)
def test_an_unknown_placeholder_is_named(text: str, named: str) -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        filled("前一段 {{ plan }}", f"第二段 {text}", "后一段")
    assert refused.value.facts == {"found": named, "place": f" “第二段 {text}”"}


@pytest.mark.parametrize("text", ["{{ plan", "{% if plan %}", "{{ plan|center(99999999) }}", "{% bogus %}"])
def test_a_mistake_in_writing_is_told_with_the_words_around_it(text: str) -> None:
    with pytest.raises(TemplateUnreadable) as refused:
        filled("{% if plan %}前面{% endif %}", "{{ plan }}", "又一段", f"这一段 {text}", "后面", "{{ plan }}")
    assert refused.value.facts["place"].startswith(f" “这一段 {text}")
    assert any(sign >= "一" for sign in refused.value.facts["found"])  # in words of ours


def test_a_mistake_in_the_header_of_a_page_is_found_too() -> None:
    word = Document(io.BytesIO(a_docx("{{ plan }}")))
    word.sections[0].header.paragraphs[0].add_run("页眉 {{ bogus }}")
    made = io.BytesIO()
    word.save(made)
    with pytest.raises(UnknownPlaceholder) as refused:
        filled_template(made.getvalue(), some_facts(), name="x.docx")
    assert refused.value.facts["place"] == " “页眉 {{ bogus }}”"


@pytest.mark.parametrize(
    "text",
    [
        "{{ plan.upper() }}",
        "{{ plan.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ rows.append }}",
        "{{ plan * 100000 }}",
        "{{ '%s' % plan }}",
        "{{ range(10) }}",
        "{% for a in rows %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for a in rows recursive %}{{ loop(rows) }}{% endfor %}",
    ],
)
def test_a_template_acts_on_nothing_and_grows_nothing(text: str) -> None:
    with pytest.raises(TemplateTooMuch):
        filled(text)


def test_loops_within_loops_come_to_an_end() -> None:
    facts = some_facts(rows=[{"name": str(n)} for n in range(2000)])
    loops = "{% for a in rows %}{% for b in rows %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateTooMuch):
        filled_template(a_docx(loops), facts, name="x.docx")


def test_a_template_reads_no_file() -> None:
    with pytest.raises(Broken):
        filled("{% include '/etc/passwd' %}")


GOOD = a_docx("x")
_EXTERNAL = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
    b'Target="http://example.org/t.dotm" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空"),
        (b"MZ" + b"\0" * 100, "不是 docx"),
        (b"PK\x03\x04" + b"x" * 50, "损坏"),
        (GOOD[:-100], "损坏"),
        (b"PK\x03\x04" + b"\0" * MOST_TEMPLATE_BYTES, "太大"),
        (with_part(GOOD, "word/vbaProject.bin", b"x"), "宏"),
        (with_part(GOOD, "word/_rels/settings.xml.rels", _EXTERNAL), "外部"),
        (with_part(GOOD, "word/document.xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a/>'), "损坏"),
        (with_part(GOOD, "word/document.xml", b"<a>"), "损坏"),
    ],
    ids=["empty", "program", "no zip", "cut off", "large", "macros", "fetches", "entities", "no document"],
)
def test_what_is_no_template_is_refused_by_its_content(content: bytes, why: str) -> None:
    with pytest.raises(NotAWordTemplate) as refused:
        filled_template(content, some_facts(), name="x.docx")
    assert why in str(refused.value)


@pytest.mark.parametrize("place", [700, 1_500, -60])
def test_a_file_that_was_damaged_on_its_way_is_refused(place: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place : place + 40] = b"\xff" * 40
    with pytest.raises(NotAWordTemplate, match="损坏"):
        check_template(bytes(damaged), name="x.docx")


def test_a_zip_that_would_grow_without_end_is_refused_before_it_is_opened() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<a/>")
        out.writestr("word/document.xml", b"\0" * 70_000_000)
    with pytest.raises(NotAWordTemplate, match="展开后太大"):
        check_template(made.getvalue(), name="x.docx")


def test_links_in_the_text_are_allowed() -> None:
    link = _EXTERNAL.replace(b"attachedTemplate", b"hyperlink")
    check_template(with_part(GOOD, "word/_rels/footnotes.xml.rels", link), name="x.docx")
