"""The estimates of a package and its parts as a form shows them, and reading back those that a person changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from budgets.estimates import estimates_in_force
from budgets.packages import NewAmount, part_field
from core.calendar import current_quarter
from core.errors import Broken
from core.money import UNITS
from core.money import typed as typed_amount
from portfolio.projects import Project
from web.forms import Typed
from web.project_forms import amount_from, spelled, unit_from, version_from


@dataclass(frozen=True)
class AmountLine:
    """The project itself, or one of its parts, with its field of the form and what is estimated today."""

    field: str
    id: int
    name: str
    held_fen: int | None
    version: int

    @property
    def version_field(self) -> str:
        return f"version_{self.field}"


def amount_lines(
    session: Session, package: Project, *, without: Collection[int] = (), field: str = "estimate"
) -> list[AmountLine]:
    """The package and its parts that are not archived; fields of parts are named `part_{field}_1` and so on."""
    query = select(Project).where(
        Project.parent_id == package.id, col(Project.archived_at).is_(None), col(Project.id).not_in(without)
    )
    parts = session.exec(query.order_by(col(Project.position), col(Project.id))).all()
    rows = [("estimate", package)]
    rows += [(part_field(field, number), part) for number, part in enumerate(parts, start=1)]
    held = estimates_in_force(session, current_quarter(), [row.id or 0 for _, row in rows])
    return [AmountLine(name, row.id or 0, row.name, held.get(row.id or 0), row.row_version) for name, row in rows]


def filled_amounts(lines: Iterable[AmountLine], unit: str) -> dict[str, object]:
    """The form's fields as the record fills them."""
    fields: dict[str, object] = {"estimate_unit": unit}
    for line in lines:
        fields |= {line.field: typed_amount(line.held_fen, unit), line.version_field: line.version}
    return fields


def amounts_from(lines: Iterable[AmountLine], typed: Typed, problems: list[Broken]) -> dict[int, NewAmount]:
    """The amounts that the form holds, by project id; what cannot be read is added to the problems."""
    unit = unit_from(typed, problems)
    return {
        line.id: NewAmount(
            line.field, amount_from(typed, line.field, unit, problems), version_from(typed, line.version_field)
        )
        for line in lines
    }


def changed_only(lines: Iterable[AmountLine], amounts: Mapping[int, NewAmount]) -> dict[int, NewAmount]:
    """Those amounts that are not what is estimated today.

    The form shows what holds today: an amount that was left alone must not be carried into an earlier quarter.
    """
    return {line.id: amounts[line.id] for line in lines if amounts[line.id].amount_fen != line.held_fen}


def shown_amounts(lines: list[AmountLine], typed: Typed, *, stale: bool, more: Iterable[str] = ()) -> dict[str, Any]:
    """What the template's amounts need. `more` names further fields that hold amounts.

    `both` are (line, saved, typed) where somebody else saved in between.
    """
    unit = typed["estimate_unit"]
    saved = filled_amounts(lines, unit if unit in UNITS else "元")
    both = [(line, str(saved[line.field]), typed[line.field]) for line in lines] if stale else None
    return {
        "lines": lines,
        "versions_seen": {line.version_field: line.version if stale else typed[line.version_field] for line in lines},
        "both": both,
        "units": UNITS,
        "spelled": spelled(typed, *(line.field for line in lines), *more),
    }
