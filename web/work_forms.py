"""What a person typed about a quantity of works, read into values, and what the forms offer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import current_quarter, quarter_name, today
from core.degrees import degrees_text
from core.errors import N_, Broken, Missing, NotThere, SeveralBroken
from core.language import LANGUAGES, translate
from core.units import adds_up, dimension, text_from_micro
from milestones.geojson import LARGEST_BYTES, GeometryTooLarge
from milestones.quantities import Measure
from milestones.work_reports import find_work
from milestones.work_rules import LABELS, JumpOfTenThousand
from milestones.works import CAUSES, NOT_APPLICABLE, NewWork, WorkEntry
from portfolio.access import Reader
from portfolio.facts import DRAFT
from portfolio.periods import corrected_before
from portfolio.projects import Project
from reports.project_works import KnownMeasure, known_measures
from reports.rollup import Scope
from web.forms import Typed, collecting, id_from_text, raise_any, typed_values
from web.project_forms import Editable, day_from, editable_project
from web.sent_files import SentFiles

AMOUNT, ZERO = "quantity", "zero"
AMOUNT_KINDS = {
    AMOUNT: N_("有完成，填写数量"),
    ZERO: N_("本期没有完成（报 0）"),
    NOT_APPLICABLE: N_("本项目不适用这个指标"),
}
GEOMETRY_FILE = "geometry_file"
UNITS = (
    "亩",
    "万亩",
    "公顷",
    "平方公里",
    "平方米",
    "公里",
    "米",
    "立方米",
    "万立方米",
    "立方米/日",
    "吨",
    "座",
    "处",
    "户",
    "个",
)
PLACE_FIELDS = ("place", "plot", "latitude", "longitude", "geometry")
_TEXTS = (*PLACE_FIELDS, "document", "note", "correction_reason")


class AmountBesideZero(Broken):
    sentence = N_("选择了“本期没有完成”，数量却填写了 %(found)s；有完成的请选“有完成”，没有完成的请把数量清空。")


@dataclass(frozen=True)
class OwnWork:
    """A draft of the person who asks, and the project that it is of."""

    row: WorkEntry
    editable: Editable


def own_work(session: Session, reader: Reader, id_: int) -> OwnWork:
    """Errors: NotThere unless the reader wrote it, it is still a draft, and the reader may still report for the project."""
    row = find_work(session, id_)
    if row.state != DRAFT or not reader.actor.did(row.recorded_by_id, row.recorded_by):
        raise NotThere
    return OwnWork(row, editable_project(session, reader, session.get_one(Project, row.project_id).code, "record"))


def work_from(typed: Typed, sent: SentFiles, *, measure_id: int | None = None) -> NewWork:
    """What the form says. `measure_id` is that of the entry which a second look is built upon.

    Errors: SeveralBroken with every field that cannot be read.
    """
    problems: list[Broken] = []
    occurred_on, quantity = today(), None
    with collecting(problems):
        occurred_on = day_from(typed, "occurred_on", label=LABELS["occurred_on"])
    with collecting(problems):
        quantity = _quantity(typed)
    if measure_id is None and not typed["measure_id"]:
        problems.append(Missing(field="measure_id", label=LABELS["measure_id"]))
    for one in sent.of(GEOMETRY_FILE):
        if one.size > LARGEST_BYTES:
            found, limit = f"{-(-one.size // 1000)} kB", f"{LARGEST_BYTES // 1000} kB"
            problems.append(GeometryTooLarge(field="geometry", found=found, limit=limit))
    raise_any(problems)
    return NewWork(
        measure_id=measure_id or id_from_text(typed["measure_id"]) or 0,
        quantity=quantity,
        unit=typed["unit"],
        occurred_on=occurred_on,
        not_applicable=typed["amount_kind"] == NOT_APPLICABLE,
        cause=cause_from(typed["cause"]),
        as_typed=typed["as_typed"] == "1",
        **{name: typed[name] for name in _TEXTS},
    )


def _quantity(typed: Typed) -> str | None:
    text = typed["quantity"].strip()
    if typed["amount_kind"] == NOT_APPLICABLE:
        return text or None
    if typed["amount_kind"] == ZERO:
        if text.strip("0.") not in ("", "０"):
            raise AmountBesideZero(field="quantity", found=text[:40])
        return "0"
    if not text:
        raise Missing(field="quantity", label=LABELS["quantity"])
    return text


def cause_from(text: str) -> str:
    """What is kept of a cause: the code of a word that is offered in any language, else the text."""
    plain = text.strip()
    return next((code for code, word in CAUSES.items() if plain in {translate(word, one) for one in LANGUAGES}), plain)


def with_geometry(typed: Typed, sent: SentFiles) -> Typed:
    """The form with the outline of a file in its field, so that it is neither lost nor hidden when the form comes back."""
    files = [one for one in sent.of(GEOMETRY_FILE) if one.size <= LARGEST_BYTES]
    if not files:
        return typed
    text = files[0].content().decode("utf-8-sig", "replace").replace("\x00", "").strip()
    return Typed({**typed.fields, "geometry": (text,)})


def typed_work(row: WorkEntry, language: str) -> Typed:
    """The form filled with a draft."""
    micro, north, east = row.quantity_micro, row.latitude_micro, row.longitude_micro
    kind = NOT_APPLICABLE if row.kind == NOT_APPLICABLE else (AMOUNT if micro else ZERO)
    return typed_values(
        measure_id=row.measure_id,
        amount_kind=kind,
        quantity=text_from_micro(micro) if micro else None,
        unit=row.unit,
        occurred_on=row.occurred_on.isoformat(),
        latitude=None if north is None else degrees_text(north),
        longitude=None if east is None else degrees_text(east),
        cause=None if row.cause is None else translate(CAUSES.get(row.cause, row.cause), language),
        row_version=row.row_version,
        **{name: getattr(row, name) for name in _TEXTS if name not in ("latitude", "longitude")},
    )


@contextmanager
def noticing_jump(seen: list[Broken]) -> Iterator[None]:
    """Remembers that a quantity was asked about, so that the form offers to confirm it."""
    try:
        yield
    except Broken as broken:
        several = broken.problems if isinstance(broken, SeveralBroken) else [broken]
        seen += [one for one in several if isinstance(one, JumpOfTenThousand)]
        raise


# ---- what the forms offer


def offered_measures(session: Session, known: Sequence[KnownMeasure]) -> dict[str, list[tuple[int, str]]]:
    """The measures to choose from: those that the project has, and all others. Shares such as 覆盖率 are no works."""
    own = {one.measure_id: one.name for one in known}
    rows = session.exec(select(Measure.id, Measure.name, Measure.dimension).order_by(col(Measure.name)))
    return {
        "own": list(own.items()),
        "others": [(id_, name) for id_, name, of in rows if id_ is not None and id_ not in own and adds_up(of)],
    }


def known_lines(session: Session, leaves: Sequence[Project]) -> list[tuple[Project, KnownMeasure]]:
    """What is planned and reported of each leaf by now, beside the field of the quantity; works only, never shares."""
    found = known_measures(session, Scope(current_quarter()), [leaf.id or 0 for leaf in leaves])
    lines = [(leaf, one) for leaf in leaves for one in found.get(leaf.id or 0, [])]
    return [(leaf, one) for leaf, one in lines if adds_up(dimension(one.unit))]


def offered(session: Session, plan_id: int) -> dict[str, Any]:
    """What every form about works offers: units, causes, and the first quarter that takes entries."""
    closed_before = corrected_before(session, plan_id)
    return {
        "units": UNITS,
        "causes": tuple(CAUSES.values()),
        "amount_kinds": AMOUNT_KINDS,
        "open_from": quarter_name(closed_before) if closed_before else "",
        "open_from_on": _first_day(closed_before) if closed_before else "",
        "today": today(),
    }


def _first_day(quarter: int) -> str:
    return f"{quarter // 10}-{quarter % 10 * 3 - 2:02}-01"
