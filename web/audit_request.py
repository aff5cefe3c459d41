"""What the log is narrowed to, read from the address; and what of it a reader sees."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlmodel import Session, select

from budgets.cell_texts import date_from_text
from core.audit_log import LogFilter, Place, Seen
from core.errors import N_, Broken, Invalid, NotThere, TooLong
from core.people import Person, aware
from core.settings import settings
from portfolio.access import Reader
from reports.audit_scopes import PEOPLE, SUBJECTS
from web.choices import PAGE_PLACE, Choices
from web.forms import Typed, collecting, id_from_text
from web.list_filters import LONGEST_SEARCH, Chip
from web.list_places import NoSuchPlace
from web.plan_choice import PlanChoice, plan_choice
from web.printed import ACTS

LABELS = {
    "person": N_("何人"),
    "for": N_("代谁"),
    "action": N_("操作"),
    "kind": N_("记录类别"),
    "record": N_("记录编号"),
    "since": N_("日期自"),
    "until": N_("日期至"),
    "from": N_("来源地址"),
    "q": N_("文字"),
}
PROGRAMS = "-"  # in place of a user name: what programs did
_PLACE = re.compile(r"([0-9]{1,17})\.([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class LogRequest:
    """The log that an address asks for. With `problems` there is nothing to list; the form shows them."""

    chosen: PlanChoice
    choices: Choices
    typed: Typed
    seen: Seen
    filter: LogFilter = field(default_factory=LogFilter)
    after: Place | None = None
    chips: list[Chip] = field(default_factory=list)
    problems: list[Broken] = field(default_factory=list)

    def address(self, path: str | None = None, **changes: Any) -> str:
        """This log with some of its parameters changed, at its first page again; empty ones are left out."""
        empty = {name: None for name, value in self.choices.query if not value}
        here = self.choices.here(**empty | changes)
        return here if path is None else path + here[len(self.choices.path) :]


def seen_by(reader: Reader) -> Seen:
    """What of the log the reader sees: what concerns the plans that it audits; administrators what was done with accounts.

    Errors: NotThere when that is nothing.
    """
    seen = Seen(reader.plans_for("audit"), PEOPLE if reader.may("people") else ())
    if seen.nothing:
        raise NotThere
    return seen


def log_request(request: Request, session: Session, reader: Reader, choices: Choices) -> LogRequest:
    """What the address asks for.

    Errors: NotThere for somebody who sees nothing of the log, or for a plan that the reader does not see.
    """
    seen = seen_by(reader)
    typed = Typed({name: (value,) for name, value in request.query_params.items()})
    asked = LogRequest(plan_choice(session, reader, typed["plan"].strip()), choices, typed, seen)
    facts: dict[str, Any] = {}
    if asked.chosen.plan is not None:
        facts["scope_id"] = asked.chosen.plan_id
        without = asked.address(plan=None)
        asked.chips.append(Chip(N_("规划"), asked.chosen.plan.short_title, without, of_plan=True))
    for look in (_person, _absent):
        with collecting(asked.problems):
            facts |= look(session, asked)
    for read in (_known, _record, _days, _texts):
        with collecting(asked.problems):
            facts |= read(asked)
    with collecting(asked.problems):
        asked.after = place_from_text(typed[PAGE_PLACE])
    asked.filter = LogFilter(**facts)
    return asked


def place_text(place: Place) -> str:
    """A place in the log as one word for an address."""
    return f"{(aware(place.at) - _EPOCH) // timedelta(microseconds=1)}.{place.id}"


def place_from_text(text: str) -> Place | None:
    """The place that an address names, None for the first page.

    Errors: NoSuchPlace.
    """
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None or int(match[2]) >= 2**63:
        raise NoSuchPlace(field=PAGE_PLACE)
    return Place(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))


def _chip(asked: LogRequest, name: str, value: str, *, zh: bool = False) -> None:
    asked.chips.append(Chip(LABELS[name], value, asked.address(**{name: None}), of_plan=zh))


def _person(session: Session, asked: LogRequest) -> dict[str, Any]:
    text = asked.typed["person"].strip().lower()
    if not text:
        return {}
    if text == PROGRAMS:
        _chip(asked, "person", N_("程序"))
        return {"actor_id": 0}
    return {"actor_id": _known_person(session, asked, "person", text, N_("用户名，或者“-”表示程序"))}


def _absent(session: Session, asked: LogRequest) -> dict[str, Any]:
    text = asked.typed["for"].strip().lower()
    return {"on_behalf_of_id": _known_person(session, asked, "for", text, N_("用户名"))} if text else {}


def _known_person(session: Session, asked: LogRequest, name: str, text: str, expected: str) -> int | None:
    person = session.exec(select(Person).where(Person.username == text)).first()
    if person is None:
        raise Invalid(field=name, label=LABELS[name], found=text[:40], expected=expected)
    _chip(asked, name, person.actor.name, zh=True)
    return person.id


def _known(asked: LogRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, column, known in (("action", "action", ACTS), ("kind", "subject", SUBJECTS)):
        text = asked.typed[name]
        if text and text not in known:
            raise Invalid(field=name, label=LABELS[name], found=text[:40], expected=N_("列表中的一项"))
        if text:
            _chip(asked, name, known[text])
            found[column] = text
    return found


def _record(asked: LogRequest) -> dict[str, Any]:
    text = asked.typed["record"].strip()
    if not text:
        return {}
    id_ = id_from_text(text)
    if id_ is None or not asked.typed["kind"]:
        expected = N_("一个编号；同时请选择记录类别")
        raise Invalid(field="record", label=LABELS["record"], found=text[:40], expected=expected)
    _chip(asked, "record", text)
    return {"subject_id": id_}


def _days(asked: LogRequest) -> dict[str, Any]:
    """The days as moments: from the first one's midnight to the midnight after the last one."""
    found: dict[str, Any] = {}
    for name, column, more in (("since", "since", 0), ("until", "before", 1)):
        if asked.typed[name]:
            day = date_from_text(asked.typed[name], field=name, label=LABELS[name])
            _chip(asked, name, day.isoformat())
            midnight = datetime.combine(day + timedelta(days=more), time(), ZoneInfo(settings().timezone))
            found[column] = midnight.astimezone(UTC)
    return found


def _texts(asked: LogRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, column in (("from", "came_from"), ("q", "text")):
        text = asked.typed[name].strip()
        if len(text) > LONGEST_SEARCH:
            raise TooLong(field=name, label=LABELS[name], found=len(text), limit=LONGEST_SEARCH)
        if text:
            _chip(asked, name, text, zh=True)
            found[column] = text
    return found
