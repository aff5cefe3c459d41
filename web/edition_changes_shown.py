"""Differences between editions as a page shows them: tables and fields by name, values as they are printed elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from budgets.checks import RULES as CHECKS
from budgets.entries import STAGES
from core.errors import N_
from core.language import translate
from core.money import formatted
from milestones.indicator_math import VERDICTS as TARGET_VERDICTS
from milestones.indicators import TARGET_KINDS
from milestones.lamp_rules import RULE_KINDS as LAMP_RULES
from milestones.milestones import MILESTONE_KINDS
from milestones.support import SUPPORT_VERDICTS
from milestones.works import TIERS
from portfolio.projects import STATES
from reports.edition_comparing import ADDED, CHANGED, REMOVED, Comparison, FieldChange, RowChange, TableChanges
from reports.lamp_words import COLOURS
from reports.orders import ORDER_STATES
from reports.quarterly_lists import STANDINGS
from web.printed import NOT_COMPUTABLE, decimal, percent

# The tables of the canonical data, in the order in which a page shows them; what is not here stands after them.
TABLES = {
    "": N_("总数"),
    "years": N_("分年度"),
    "projects": N_("项目"),
    "projects.parts": N_("子项目"),
    "projects.works": N_("工程量"),
    "progress.by_works": N_("工程量完成"),
    "ended": N_("终止的项目"),
    "indicators": N_("指标"),
    "milestones": N_("节点"),
    "warnings": N_("预警"),
    "corrections": N_("更正"),
    "orders": N_("督办"),
    "money.by_programme": N_("资金：按类别"),
    "money.by_department": N_("资金：按部门"),
    "money.by_source_year": N_("资金：按来源和年度"),
    "money.movements": N_("资金：期初、更正、本期、期末"),
    "commitments": N_("任务"),
    "contradictions": N_("矛盾"),
}
KINDS = {ADDED: N_("增加"), REMOVED: N_("减少"), CHANGED: N_("变化")}
# Records within a record: what is said before the name of a field of theirs; without words they name what they are of.
_WITHIN = {"money.years.": "", "lamps.": N_("亮灯")}
# What says the same figures once more, in a table or a field: the data for scripts has it, a page leaves it out.
_REPEATING = ("headlines",)
_REPEATED = ("money.before.", "money.this_year.", "money.moved.")
MOVED = ("opening", "corrections", "flow", "closing")  # of the movement of money: fen
YEARS = ("first_year", "last_year", "year", "baseline_year", "target_year")
SHARES = ("achieved_ratio", "support", "support_low", "completion", "by_count", "by_investment")
_OF_FACTS = {"money": N_("资金"), "works": N_("工程量"), "milestone": N_("节点"), "reading": N_("监测值")}
_WORDS = {**COLOURS, **STATES, **ORDER_STATES, **LAMP_RULES, **MILESTONE_KINDS, **_OF_FACTS}
# Codes that mean one thing in one field and another elsewhere.
_WORDS_OF = {
    "standing": STANDINGS,
    "achieved": TARGET_VERDICTS,
    "verdict": SUPPORT_VERDICTS,
    "target_kind": TARGET_KINDS,
    "rule": LAMP_RULES | CHECKS,
    "what": TIERS | STAGES | MILESTONE_KINDS,
}
_MOST_FIELDS = 12  # of a row that came or went; its name says the rest


@dataclass(frozen=True)
class ShownField:
    """A field of a row: its name, and its value before and after as printed."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownRow:
    key: str
    label: str
    kind: str
    href: str | None
    fields: tuple[ShownField, ...]


@dataclass(frozen=True)
class ShownTable:
    """A table with its rows that differ. `counts` are its rows before and after."""

    name: str
    label: str
    rows: tuple[ShownRow, ...]
    counts: tuple[int, int]

    def of(self, kind: str) -> int:
        return sum(row.kind == kind for row in self.rows)


def changes_shown(found: Comparison, labels: Mapping[str, str], language: str, unit: str) -> list[ShownTable]:
    """The tables in the order of TABLES, without what repeats other figures. Units: money as the page shows it."""
    order = {name: place for place, name in enumerate(TABLES)}
    tables = sorted(found.tables, key=lambda table: (order.get(table.table, len(order)), table.table))
    shown = [_table(table, labels, language, unit) for table in tables if table.table not in _REPEATING]
    return [table for table in shown if table.rows]


def _table(table: TableChanges, labels: Mapping[str, str], language: str, unit: str) -> ShownTable:
    label = translate(TABLES[table.table], language) if table.table in TABLES else table.table
    rows = [_row(table.table, row, labels, language, unit) for row in table.rows]
    return ShownTable(table.table, label, tuple(row for row in rows if row.fields or row.kind != CHANGED), table.counts)


def _row(table: str, row: RowChange, labels: Mapping[str, str], language: str, unit: str) -> ShownRow:
    told = tuple(one for one in row.fields if not one.field.startswith(_REPEATED))
    fields = told if row.kind == CHANGED else told[:_MOST_FIELDS]
    own = row.key.rpartition("/")[2]
    of_project = table in ("projects", "projects.parts", "ended")
    return ShownRow(
        row.key,
        translate(labels[row.label], language) if row.label in labels else row.label,
        row.kind,
        f"/projects/{own}" if of_project and row.kind != REMOVED else None,
        tuple(_field(one, labels, language, unit) for one in fields),
    )


def _field(one: FieldChange, labels: Mapping[str, str], language: str, unit: str) -> ShownField:
    return ShownField(
        field_label(one.field, labels, language),
        printed_value(one.field, one.before, language, unit),
        printed_value(one.field, one.after, language, unit),
    )


def field_label(field: str, labels: Mapping[str, str], language: str) -> str:
    """What people call a field; one that has no name here stands as it is written in the data."""
    if field in labels:
        return translate(labels[field], language)
    for start, words in _WITHIN.items():
        if field.startswith(start):
            inside = field.removeprefix(start)
            said = translate(words, language) if words else ""
            if not words:  # what it is of comes first: a figure, a year
                of, _, inside = inside.partition(".")
                said = field_label(of, labels, language)
            return f"{said} {field_label(inside, labels, language)}" if inside else said
    last = field.rpartition(".")[2]
    return translate(labels[last], language) if last in labels else field


def printed_value(field: str, value: Any, language: str, unit: str) -> str:
    """A value of the canonical data: fen as money, exact pairs as decimals or shares. Units: by the name."""
    last = field.rpartition(".")[2]
    if value is None:
        return NOT_COMPUTABLE
    if isinstance(value, bool):
        return translate(N_("是") if value else N_("否"), language)
    if isinstance(value, int):
        of_money = last.endswith("_fen") or last in MOVED
        return (
            formatted(value, unit) or NOT_COMPUTABLE if of_money else f"{value:,}" if last not in YEARS else str(value)
        )
    if isinstance(value, list):
        return _list(field, value, language)
    words = _WORDS_OF.get(last, _WORDS)
    return translate(words[value], language) if value in words else str(value)


def _list(field: str, value: list[Any], language: str) -> str:
    """An exact pair, or several texts."""
    if len(value) == 2 and all(isinstance(one, int) for one in value):
        ratio = Fraction(*value) if value[1] else None
        share = ".rates." in f".{field}" or field.rpartition(".")[2] in SHARES
        return percent(ratio, 2) if share else decimal(ratio)
    if len(value) == 2 and None in value:  # a rate without denominator
        return NOT_COMPUTABLE
    return translate(N_("、"), language).join(str(one) for one in value) or NOT_COMPUTABLE
