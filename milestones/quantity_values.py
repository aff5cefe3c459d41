"""A quantity as a person gives it: what it may be, read and checked field by field."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from core.text import checked_text, matching_key, needed_text
from core.units import micro_from_text, text_from_micro, unit_name
from milestones.quantities import OPERATORS, Measure, NotAQuantity, Quantity, check_dimension
from portfolio.projects import Project
from portfolio.values import EARLIEST_YEAR, LATEST_YEAR, Basis, check_basis

LABELS = {
    "measure": N_("工程量指标"),
    "value": N_("数量"),
    "unit": N_("计量单位"),
    "operator": N_("关系"),
    "strive": N_("力争"),
    "per": N_("累计或每年"),
    "by_year": N_("完成年份"),
    "wording": N_("原文表述"),
    "note": N_("备注"),
}
PERS = {"": N_("累计"), "year": N_("每年")}
_LIMITS = {"measure": 80, "unit": 40, "wording": 1000, "note": 2000}
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class UnknownMeasure(Broken):
    sentence = N_("还没有名为“%(found)s”的工程量指标。请从列表选择；确实是新的指标，请勾选“新建这个指标”。")


class DuplicateQuantity(Broken):
    sentence = N_("本项目已有同样的工程量：%(found)s。")


class BelowZero(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，不能小于零。")


@dataclass(frozen=True)
class NewQuantity:
    """A quantity as a person gives it. `new_measure`: its measure may be one that nobody has named yet."""

    measure: str
    value: str
    unit: str
    operator: str
    wording: str
    strive: bool = False
    per: str | None = None
    by_year: int | None = None
    note: str | None = None
    new_measure: bool = False


def quantity_in_words(measure: str, row: Quantity) -> str:
    """The quantity on one line, as the audit trail and messages name it."""
    words = ["每年" if row.per == "year" else "", "力争" if row.strive and row.operator != "力争" else ""]
    words += ["" if row.operator == "=" else row.operator, text_from_micro(row.value_micro), row.unit]
    by_year = f"（到{row.by_year}年）" if row.by_year is not None else ""
    return f"{measure}：{''.join(words)}{by_year}"


def measure_of(session: Session, quantity: Quantity) -> str:
    return session.get_one(Measure, quantity.measure_id).name


def measure_names(session: Session) -> list[str]:
    """Everything that is counted anywhere, for people to choose from."""
    return list(session.exec(select(Measure.name).order_by(col(Measure.name))))


def checked_quantity(
    session: Session, project: Project, new: NewQuantity, basis: Basis, *, instead_of: Quantity | None = None
) -> dict[str, Any]:
    """The quantity as it is kept.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    kept = asdict(new)
    del kept["new_measure"]
    problems: list[Broken] = []
    for field, limit in _LIMITS.items():
        check = checked_text if field == "note" else needed_text
        try:
            kept[field] = check(kept[field], field=field, label=LABELS[field], limit=limit)
        except Broken as problem:
            problems.append(problem)
    for check_one in (_check_value, _check_choices):
        problems += check_one(kept)
    problems += _problems_of_measure(session, kept, new.new_measure, {problem.field for problem in problems})
    problems += problems_of_basis(basis, instead_of)
    if not problems:
        problems += _twins(session, project, kept, instead_of)
    if problems:
        raise SeveralBroken(problems)
    return kept


def plain_number(text: str, *, field: str, label: str) -> str:
    """A quantity as it was typed, as a plain decimal: full-width digits narrowed, groups of three joined.

    Errors: Missing, NotAQuantity, BelowZero.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        raise Missing(field=field, label=label)
    plain = typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed
    try:
        micro = micro_from_text(plain)
    except (ValueError, ArithmeticError) as error:
        raise NotAQuantity(field=field, found=typed[:40]) from error
    if micro < 0:
        raise BelowZero(field=field, label=label, found=typed[:40])
    return plain


def _check_value(kept: dict[str, Any]) -> list[Broken]:
    try:
        kept["value"] = plain_number(kept["value"], field="value", label=LABELS["value"])
    except Broken as problem:
        return [problem]
    return []


def _check_choices(kept: dict[str, Any]) -> list[Broken]:
    problems: list[Broken] = []
    if kept["operator"] not in OPERATORS:
        found = kept["operator"]
        problems.append(Invalid(field="operator", label=LABELS["operator"], found=found, expected=OPERATORS))
    if (kept["per"] or "") not in PERS:
        problems.append(Invalid(field="per", label=LABELS["per"], found=kept["per"], expected=tuple(PERS.values())))
    year = kept["by_year"]
    if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
        expected = f"{EARLIEST_YEAR}—{LATEST_YEAR}"
        problems.append(Invalid(field="by_year", label=LABELS["by_year"], found=str(year), expected=expected))
    return problems


def _problems_of_measure(
    session: Session, kept: dict[str, Any], new_measure: bool, wrong: set[str | None]
) -> list[Broken]:
    """What is wrong with measure and unit, unless that is known; otherwise both are kept as they are written elsewhere."""
    problems: list[Broken] = []
    known = None
    if "measure" not in wrong:
        key = matching_key(kept["measure"])
        known = next((one for one in session.exec(select(Measure)) if matching_key(one.name) == key), None)
        if known is not None:
            kept["measure"] = known.name
        elif not new_measure:
            problems.append(UnknownMeasure(field="measure", found=kept["measure"]))
    if "unit" not in wrong:
        try:
            kept["unit"] = unit_name(kept["unit"])
            if known is not None:
                check_dimension(known, kept["unit"])
        except Broken as problem:
            problem.field = "unit"
            problems.append(problem)
    return problems


def problems_of_basis(basis: Basis, quantity: Quantity | None) -> list[Broken]:
    problems: list[Broken] = []
    try:
        check_basis(basis, "document", "reason")
    except SeveralBroken as several:
        problems += several.problems
    if quantity is not None and basis.from_quarter < quantity.effective_from:
        found, expected = quarter_name(basis.from_quarter), f"≥ {quarter_name(quantity.effective_from)}"
        problems.append(Invalid(field="from_quarter", label=N_("生效季度"), found=found, expected=expected))
    return problems


def _twins(session: Session, project: Project, kept: dict[str, Any], instead_of: Quantity | None) -> list[Broken]:
    """The same quantity held by another row of the project."""
    query = (
        select(Quantity)
        .join(Measure, col(Measure.id) == Quantity.measure_id)
        .where(
            Quantity.project_id == project.id,
            col(Quantity.effective_until).is_(None),
            Measure.name == kept["measure"],
            Quantity.value_micro == micro_from_text(kept["value"]),
            Quantity.unit == kept["unit"],
            Quantity.operator == kept["operator"],
            Quantity.per == (kept["per"] or None),
            Quantity.by_year == kept["by_year"],
        )
    )
    if instead_of is not None:
        query = query.where(Quantity.id != instead_of.id)
    twin = session.exec(query).first()
    return [] if twin is None else [DuplicateQuantity(field="measure", found=quantity_in_words(kept["measure"], twin))]
