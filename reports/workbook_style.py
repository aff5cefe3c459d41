"""How a workbook of ours looks: fonts, colours and number formats, and the words in its language.

Source: looks page, sections 4 and 7.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]

from core.errors import N_
from core.money import PLACES
from reports.findings import Words

ACCENT, ACCENT_LIGHT = "#1F5C45", "#E6EFEA"
PLANNED_FILL, PLANNED_LINE = "#E4E8E6", "#6B7773"  # planned is a grey outline on pages and charts alike
LAMPS = {"red": "#B42318", "yellow": "#B7791F", "blue": "#1D5FA8", "green": "#1F7A4D", "grey": "#6B7570"}
INK, QUIET, LINE = "#1B211E", "#7C8782", "#9AA5A0"
_BAND = "#FFF1C2"
_ENTRY = "#FFFBE8"  # cells that somebody fills in
_FONTS = {"zh": ("宋体", "黑体"), "en": ("Arial", "Arial")}
_CELL = {"border": 1, "border_color": LINE, "valign": "vcenter", "text_wrap": True}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_size": 16, "heading": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "cover title": {"font_size": 24, "heading": True, "align": "center", "valign": "vcenter", "font_color": ACCENT},
    "cover plan": {"font_size": 14, "heading": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "cover number": {"font_size": 12, "align": "center", "valign": "vcenter", "text_wrap": True},
    "section": {"font_size": 12, "heading": True, "valign": "vcenter", "font_color": ACCENT},
    "under title": {"font_size": 9, "valign": "vcenter", "font_color": QUIET},
    "unit": {"font_size": 9, "align": "right", "valign": "vcenter"},
    "note": {"font_size": 9, "valign": "top", "text_wrap": True},
    "reading": {"font_size": 11, "valign": "vcenter", "text_wrap": True},
    "paragraph": {"font_size": 11, "valign": "top", "text_wrap": True},
    "link": {"font_size": 10, "valign": "vcenter", "font_color": ACCENT, "underline": 1},
    "band": {"bold": True, "align": "center", "valign": "vcenter", "bg_color": _BAND, "border": 1},
    "header": {**_CELL, "bold": True, "align": "center", "bg_color": ACCENT_LIGHT},
    "text": _CELL,
    "middle": {**_CELL, "align": "center"},
    "part": {**_CELL, "indent": 2},
    "number lines": {**_CELL, "align": "right"},
    "part number": {**_CELL, "align": "right", "text_wrap": False, "font_color": QUIET, "italic": True},
    "quiet": {**_CELL, "font_color": QUIET},
    "quiet middle": {**_CELL, "font_color": QUIET, "align": "center"},
    "number": {**_CELL, "align": "right", "text_wrap": False},
    # Colour only beside a shape and a letter: print and colour-blind readers lose nothing.
    **{
        f"lamp {name}": {**_CELL, "align": "center", "bold": True, "font_color": colour}
        for name, colour in LAMPS.items()
    },
    "entry": {**_CELL, "bg_color": _ENTRY, "locked": False},
    "entry middle": {**_CELL, "bg_color": _ENTRY, "locked": False, "align": "center"},
    "entry number": {**_CELL, "bg_color": _ENTRY, "locked": False, "align": "right", "text_wrap": False},
    "group": {**_CELL, "bold": True, "bg_color": "#F2F6F4"},
    "group number": {**_CELL, "bold": True, "bg_color": "#F2F6F4", "align": "right", "text_wrap": False},
    "total": {**_CELL, "bold": True, "bg_color": ACCENT_LIGHT},
    "total number": {**_CELL, "bold": True, "bg_color": ACCENT_LIGHT, "align": "right", "text_wrap": False},
}


@dataclass
class Book:
    """A workbook that is being written: its file, words, money unit, the formats made so far, and each sheet's measures."""

    file: xlsxwriter.Workbook
    words: Words
    unit: str
    demo: bool
    made: dict[tuple[Any, ...], Format] = field(default_factory=dict)
    widths: dict[str, tuple[float, ...]] = field(default_factory=dict)
    heights: dict[str, tuple[int, float]] = field(default_factory=dict)
    extra: dict[str, float] = field(default_factory=dict)

    def style(self, name: str, *, num_format: str | None = None, quoted: bool = False) -> Format:
        """The format of a name in _STYLES, made once. `quoted` keeps a text from being read as a formula."""
        key = (name, num_format, quoted)
        if key not in self.made:
            wanted = dict(_STYLES[name])
            body, heading = _FONTS.get(self.words.language, _FONTS["zh"])
            wanted = {"font_name": heading if wanted.pop("heading", False) else body, **wanted}
            if heading == body and wanted.get("font_size", 10) >= 12:
                wanted["bold"] = True
            wanted = {"font_size": 10, "font_color": INK, **wanted}
            if num_format is not None:
                wanted["num_format"] = num_format
            if quoted:
                wanted["quote_prefix"] = True
            self.made[key] = self.file.add_format(wanted)
        return self.made[key]

    def font_size(self, style: str) -> float:
        """The size of a style.

        Units: points.
        """
        return float(_STYLES[style].get("font_size", 10))

    @property
    def money_format(self) -> str:
        """The number format of amounts, with the decimals of the unit."""
        return "#,##0." + "0" * PLACES[self.unit]

    @property
    def unit_note(self) -> str:
        """The line above a table that names its unit."""
        return self.words.say(N_("单位：%(unit)s"), unit=self.words.money_unit(self.unit))


def open_book(
    target: Path | str | BinaryIO,
    words: Words,
    unit: str,
    *,
    demo: bool,
    title: str,
    made_on: date,
    stream: bool = False,
) -> Book:
    """A workbook whose bytes depend on nothing but what is written: `made_on` stands in it as its date of creation.

    With `stream` rows leave memory as they are written, so they must come in order.
    """
    options: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    options["constant_memory" if stream else "in_memory"] = True
    file = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)
    created = datetime(made_on.year, made_on.month, made_on.day)  # noqa: DTZ001 (a property of the file, not a moment)
    file.set_properties({"title": title[:255], "author": words.say(N_("青山账")), "created": created})
    return Book(file, words, unit, demo)
