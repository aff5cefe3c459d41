"""The fields of what a program sends, each read strictly; everything that is wrong is gathered with its place (RFC 6901)."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from web.api_body import Fractional, escaped

MOST_ENTRIES = 1000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST = 2**53 - 1  # what every program that reads JSON keeps exactly


class UnknownField(Broken):
    sentence = N_("没有“%(found)s”这个字段；这里的字段是：%(expected)s。")


class EntriesBroken(SeveralBroken):
    """Everything that is wrong with what was sent; 409 when the form of it is right and what stands already forbids it."""

    def __init__(self, problems: list[Broken]) -> None:
        super().__init__(problems)
        clashing = all(one.status == 409 for one in problems)
        self.status = 409 if clashing else 422  # type: ignore[misc]


@dataclass
class Fields:
    """An object that was sent, where it stood, and what is wrong with it."""

    values: Mapping[str, Any]
    pointer: str
    problems: list[Broken] = field(default_factory=list)

    def place(self, name: str) -> str:
        return f"{self.pointer}/{escaped(name)}"

    def wrong(self, name: str, expected: str | tuple[str, ...]) -> None:
        """Notes that a field holds something else than expected."""
        shown = said(self.values.get(name))
        self.problems.append(Invalid(field=self.place(name), label=name, found=shown, expected=expected))

    def text(self, name: str, *, needed: bool = False) -> str | None:
        """The text of a field; null and a field that is not there say nothing."""
        value = self.values.get(name)
        if value is None or (needed and value == ""):
            if needed:
                self.problems.append(Missing(field=self.place(name), label=name))
            return None
        if not isinstance(value, str):
            self.wrong(name, N_("文字"))
            return None
        return value

    def choice(self, name: str, codes: Collection[str], *, needed: bool = True) -> str | None:
        """One of the codes."""
        value = self.text(name, needed=needed)
        if value is not None and value not in codes:
            self.wrong(name, ("/".join(codes),))
            return None
        return value

    def whole(self, name: str, expected: str) -> int | None:
        """The whole number of a field that must be there, above zero."""
        value = self.values.get(name)
        if value is None:
            self.problems.append(Missing(field=self.place(name), label=name))
        elif type(value) is not int or not 0 < value <= _LARGEST:
            self.wrong(name, expected)
        else:
            return value
        return None

    def day(self, name: str, *, needed: bool = True) -> date | None:
        """The day of a field, written 2024-03-31."""
        value = self.values.get(name)
        if value is None and not needed:
            return None
        if value in (None, ""):
            self.problems.append(Missing(field=self.place(name), label=name))
            return None
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.wrong(name, N_("一个日期，如 2024-03-31"))
        return None

    def flag(self, name: str) -> bool:
        """Whether a field says true; a field that is not there says false."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, N_("true 或 false"))
        return value is True

    def known(self, names: Collection[str]) -> None:
        """Notes the fields that there are not."""
        for name in self.values:
            if name not in names:
                wrong = UnknownField(field=self.place(name), found=name[:60], expected="、".join(names))
                self.problems.append(wrong)


@contextmanager
def placed(problems: list[Broken], pointer: str, names: Mapping[str, str]) -> Iterator[None]:
    """Gathers what a rule says of an entry, with the place of its field in what was sent. `names`: fields there."""
    try:
        yield
    except Broken as broken:
        several = broken.problems if isinstance(broken, SeveralBroken) else [broken]
        for one in several:
            one.field = f"{pointer}/{names.get(one.field, one.field)}" if one.field else pointer
            problems.append(one)


@contextmanager
def in_place(names: Mapping[str, str]) -> Iterator[None]:
    """Gives what a rule says of a single record the place of its field in what was sent.

    Errors: the one that was raised; EntriesBroken in place of SeveralBroken.
    """
    try:
        yield
    except SeveralBroken as several:
        problems: list[Broken] = []
        with placed(problems, "", names):
            raise
        raise EntriesBroken(problems) from several
    except Broken as one:
        if one.field:
            one.field = f"/{names.get(one.field, one.field)}"
        raise


def entries_of(value: Any) -> tuple[list[Fields], bool]:
    """The entries that were sent, and whether they are handed over at once.

    Errors: EntriesBroken when what was sent is no object with a list of 1 to 1,000 objects in it.
    """
    whole = object_of(value, "")
    whole.known(("entries", "submit"))
    submit = whole.flag("submit")
    listed = whole.values.get("entries")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_ENTRIES:
        whole.wrong("entries", N_("1 至 1000 条记录的列表"))
        raise EntriesBroken(whole.problems)
    problems = whole.problems
    found = []
    for place, one in enumerate(listed):
        if isinstance(one, dict):
            found.append(Fields(one, f"/entries/{place}"))
        else:
            pointer = f"/entries/{place}"
            problems.append(Invalid(field=pointer, label=pointer, found=said(one), expected=N_("一个对象")))
    if problems:
        raise EntriesBroken(problems)
    return found, submit


def object_of(value: Any, pointer: str) -> Fields:
    """Errors: EntriesBroken for what is no object."""
    if not isinstance(value, dict):
        wrong = Invalid(field=pointer or "/", label=N_("内容"), found=said(value), expected=N_("一个对象"))
        raise EntriesBroken([wrong])
    return Fields(value, pointer)


def said(value: Any) -> str:
    """What was sent, as a refusal quotes it."""
    if isinstance(value, Fractional):
        return value.text
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=lambda number: number.text)
