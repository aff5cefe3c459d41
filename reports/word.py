"""Word reports: a template that the office may edit, filled with the report. Only files named word*.py write them.

What a template may do is little: print a placeholder, choose, and repeat. It calls nothing, and it is filled in a sandbox.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateError, UndefinedError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import N_, Broken
from reports.word_mistakes import mistake, place_of_mistake, place_of_name

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_TEMPLATE_BYTES = 5_000_000
_MOST_UNPACKED = 60_000_000
_MOST_PARTS = 500
_MOST_STEPS = 500_000  # rows that all loops of a template may go through together
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip can say
_FILTERS = ("default", "d", "first", "join", "last", "length", "list", "reverse", "trim", "selectattr", "rejectattr")
_TESTS = ("defined", "undefined", "none", "equalto", "eq", "==", "ne", "!=", "true", "false", "in")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_WHAT = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'|object has no element '?([^']+)'?")
_HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
_RELATION = re.compile(rb"<Relationship\b[^>]*>")


class NotAWordTemplate(Broken):
    sentence = N_("“%(name)s”不能用作 Word 模板：%(why)s。应为不超过 %(limit)s MB、不带宏和外部内容的 docx 文件。")


class UnknownPlaceholder(Broken):
    sentence = N_("模板里的“%(found)s”不是报告的字段%(place)s。可用的字段列在模板页上，请改正后重新上传。")


class TemplateUnreadable(Broken):
    sentence = N_("模板里的占位符写错了：%(found)s%(place)s。请改正后重新上传。")


class TemplateTooMuch(Broken):
    sentence = N_("模板要做的事情超出了范围：%(found)s%(place)s。模板只能输出字段、判断和逐行列出。")


@dataclass(frozen=True)
class WordFacts:
    """What fills a template: its fields, the title in the file's properties, and the day that stands as its date."""

    fields: Mapping[str, Any]
    title: str
    made_on: date


class _Steps:
    """Counts what all loops of one filling go through."""

    def __init__(self) -> None:
        self.left = _MOST_STEPS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TemplateTooMuch(found=N_("循环的次数太多"), place="")


class _Rows(list[Any]):
    """A list of a report inside a template."""

    def __init__(self, rows: list[Any], steps: _Steps) -> None:
        super().__init__(rows)
        self._steps = steps

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            self._steps.take()
            yield row


class _Sandbox(ImmutableSandboxedEnvironment):
    """Placeholders, choices and loops. It calls no function and multiplies nothing, so that it can neither act nor grow."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {name: self.tests[name] for name in _TESTS}

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call(self, _context: Any, _called: Any, /, *_given: Any, **_named: Any) -> Any:
        raise SecurityError(N_("调用了函数"))

    def call_binop(self, _context: Any, operator: str, _left: Any, _right: Any) -> Any:
        raise SecurityError(operator)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Of a record its fields, of a loop its place; nothing of Python."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        found = super().getattr(obj, attribute)
        if callable(found) and not isinstance(found, Undefined):
            raise SecurityError(attribute)
        return found


def filled_template(template: bytes, facts: WordFacts, *, name: str) -> bytes:
    """The report as a Word file. The same template and facts give the same bytes, whenever and wherever they are put together.

    Errors: NotAWordTemplate, UnknownPlaceholder, TemplateUnreadable, TemplateTooMuch.
    """
    check_template(template, name=name)
    try:
        word = DocxTemplate(io.BytesIO(template))
        fields = _plain(facts.fields, _Steps())
        assert isinstance(fields, dict)
        word.render(fields, _Sandbox(), autoescape=True)
        _describe(word, facts)
        written = io.BytesIO()
        word.docx.save(written)
    except TemplateSyntaxError as error:
        said, around = error.message or "", tuple(getattr(error, "docx_context", ()))
        place = place_of_mistake(template, said, error.lineno, around)
        raise TemplateUnreadable(field="file", found=mistake(said), place=place) from error
    except UndefinedError as error:
        named = _placeholder(error)
        raise UnknownPlaceholder(field="file", found=named, place=place_of_name(template, named)) from error
    except SecurityError as error:
        raise TemplateTooMuch(field="file", found=str(error), place=place_of_name(template, str(error))) from error
    except TemplateError as error:
        raise TemplateUnreadable(field="file", found=mistake(str(error)), place="") from error
    except TemplateTooMuch:
        raise
    except (
        PackageNotFoundError,
        SyntaxError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise _refused(name, N_("文件不完整或已损坏")) from error
    return stable_docx(written.getvalue())


def check_template(content: bytes, *, name: str) -> None:
    """Looks at a file that is to be a template, by its content and not by its name, before anything of it is opened.

    Errors: NotAWordTemplate.
    """
    if not content:
        raise _refused(name, N_("文件是空的"))
    if len(content) > MOST_TEMPLATE_BYTES:
        raise _refused(name, N_("文件太大"))
    if not content.startswith(b"PK\x03\x04"):
        raise _refused(name, N_("内容不是 docx"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise _refused(name, N_("展开后太大"))
            inside = {part.filename for part in parts}
            if not {"[Content_Types].xml", "word/document.xml"} <= inside:
                raise _refused(name, N_("内容不是 docx"))
            if len(inside) != len(parts):
                raise _refused(name, N_("文件不完整或已损坏"))
            if any(part.endswith((".bin", ".exe", ".ocx")) for part in inside):
                raise _refused(name, N_("带有宏或嵌入的程序"))
            for part in inside:
                if part.endswith((".xml", ".rels")):
                    _check_part(name, part, packed.read(part))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise _refused(name, N_("文件不完整或已损坏")) from error


def _check_part(name: str, part: str, content: bytes) -> None:
    """Errors: NotAWordTemplate when the part would fetch something from elsewhere when it is opened."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _refused(name, N_("文件不完整或已损坏"))
    if not part.endswith(".rels"):
        return
    for relation in _RELATION.findall(content):
        if b'"External"' in relation and _HYPERLINK.encode() not in relation:
            raise _refused(name, N_("引用了外部的内容"))


def _refused(name: str, why: str) -> NotAWordTemplate:
    return NotAWordTemplate(field="file", name=name, why=why, limit=MOST_TEMPLATE_BYTES // 1_000_000)


def _plain(value: Any, steps: _Steps) -> Any:
    """The facts with texts that XML can hold and lists that are counted as they are gone through."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub("", value)
    if isinstance(value, Mapping):
        return {name: _plain(one, steps) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return _Rows([_plain(one, steps) for one in value], steps)
    return value


def _describe(word: DocxTemplate, facts: WordFacts) -> None:
    """The properties of the file, which office programs would else fill with the moment and the person."""
    at = datetime(facts.made_on.year, facts.made_on.month, facts.made_on.day)  # noqa: DTZ001 (a property of the file)
    properties = word.docx.core_properties
    properties.title, properties.author, properties.last_modified_by = facts.title[:255], "青山账", "青山账"
    properties.created = properties.modified = at
    properties.revision = 1


def stable_docx(content: bytes) -> bytes:
    """The same parts in the same order, without the moment at which they were put together."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as packed,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out,
    ):
        for part in packed.infolist():
            info = zipfile.ZipInfo(part.filename, _WRITTEN_AT)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            out.writestr(info, packed.read(part))
    return made.getvalue()


def _placeholder(error: UndefinedError) -> str:
    """The name that stands in the template."""
    found = _WHAT.search(str(error))
    return next((name for name in found.groups() if name), str(error)) if found else str(error)
