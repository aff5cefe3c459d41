"""The canonical data of a report: what editions hash and compare, and what the API answers.

Plain values only: fen as whole numbers, exact fractions as pairs, days as ISO texts, texts of the plan as printed, sentences in
Chinese. Nothing in it depends on the reader, the language, the unit, the moment, or on how the database numbers its rows.
What the report says in words stands a second time under `english`, so that an edition is read in English as it was issued.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from core.errors import N_
from reports.findings import Words, words_in
from reports.lamp_words import BLUE, RED, YELLOW
from reports.money_ended import EndedFigures
from reports.money_figures import NUMBERS, STAGE_COLUMNS, MoneyFigures
from reports.money_movement import Movement
from reports.narrative import narrative
from reports.progress_rows import reason_of, ways_of
from reports.quarterly import Cover, QuarterlyReport
from reports.quarterly_data_lists import commitment_record, correction_record, keyed, plain, standing_record, value_of
from reports.quarterly_lists import due_and_met
from reports.quarterly_money import ProjectMoney
from reports.quarterly_rows import PartRow, ProjectGroup, ProjectRow
from reports.quarterly_works import ProjectWork
from reports.quarterly_years import YearFigures
from reports.three_figures import GroupProgress

SCHEMA = 1
_CHINESE, _ENGLISH = words_in("zh"), words_in("en")
_UNIT = N_("万元")  # what the sentences of an edition are said in
_HEADLINES = ("projects", "leaves", "started", *(name for name in NUMBERS if name.endswith("_fen")))


def canonical_data(report: QuarterlyReport) -> bytes:
    """The record as JSON in UTF-8: the same report gives the same bytes, on whichever database."""
    record = canonical_record(report)
    return (json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def canonical_record(report: QuarterlyReport) -> dict[str, Any]:
    """The report as plain data. Every row of a list has a `key` or `code` by which two reports are compared."""
    money = report.money
    return {
        "schema": SCHEMA,
        "cover": _cover(report.cover),
        "narrative": _narrative(report, _CHINESE),
        "notes": [_CHINESE.sentence(one) for one in report.notes],
        "english": _english(report),
        "figures": _figures(money.whole) | report.reported.sums(money.whole),
        "headlines": [
            {
                "key": name,
                "value": report.reported.so_far(name, getattr(money.whole, name)),
                "before": report.reported.so_far_before(name, getattr(money.before, name)),
            }
            for name in _HEADLINES
        ],
        "overview": {
            "without_lead": report.overview.total.without_lead,
            "without_years": report.overview.total.without_years,
            "indicators": dict(report.overview.total.indicators),
            "commitments": report.overview.total.commitments,
            "contradictions": report.overview.total.contradictions,
        },
        "progress": _progress(report.progress),
        "lamps": dict(report.lamps),
        "projects": [_project(row, group, report) for group in report.groups for row in group.rows],
        "ended": [_ended_project(row) for row in report.ended],
        "money": {
            "before": _figures(money.before),
            "this_year": None if money.this_year is None else _figures(money.this_year),
            "by_source_year": [
                _group(one, ("source", "year")) | report.reported.sums(one) for one in money.by_source_year
            ],
            "by_department": [
                _group(one, ("department",)) | report.sums_of("department", one) for one in money.by_department
            ],
            "by_programme": [
                _group(one, ("programme",)) | report.sums_of("programme", one) for one in money.by_programme
            ],
            "movements": [{"key": one.figure} | _movement(one) for one in money.movements],
        },
        "years": [_year(one) for one in report.years],
        "indicators": [standing_record(one) for one in report.indicators],
        "commitments": [commitment_record(one) for one in report.commitments],
        "contradictions": [{**one, "key": f"{one['plan']}/{one['key']}"} for one in report.contradictions],
        "milestones": _unique([keyed(one) for one in report.milestones]),
        "warnings": _unique([keyed(one) for one in report.warnings]),
        "corrections": [correction_record(one) for one in report.corrections],
        "orders": [{"key": f"{one.plan}/{one.number}"} | plain(one) for one in report.orders],
    }


def _narrative(report: QuarterlyReport, words: Words) -> list[str]:
    return [words.sentence(one) for one in narrative(report, _UNIT, words.money_unit(_UNIT))]


def _english(report: QuarterlyReport) -> dict[str, Any]:
    """What is said of the figures, in English: the sentences, and why each lamp that is neither green nor grey is lit."""
    lit = {row.code: row.lamp.worst for row in report.rows if row.lamp and row.lamp.colour in (RED, YELLOW, BLUE)}
    return {
        "period_name": _ENGLISH.sentence(report.cover.period_name),
        "narrative": _narrative(report, _ENGLISH),
        "notes": [_ENGLISH.sentence(one) for one in report.notes],
        "lamps": {
            code: {"reason": reason_of(lamp, _ENGLISH), "turns_green_by": ways_of(lamp, _ENGLISH) or None}
            for code, lamp in lit.items()
        },
    }


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with keys that no two share: a second one of the same key gets its number."""
    seen: dict[str, int] = {}
    for row in rows:
        number = seen[row["key"]] = seen.get(row["key"], 0) + 1
        row["key"] = row["key"] if number == 1 else f"{row['key']}/{number}"
    return rows


def _cover(cover: Cover) -> dict[str, Any]:
    return {
        "title": cover.title,
        "scope": {"kind": cover.scope.kind, "plan": cover.scope.plan, "name": cover.scope.name},
        "plan_code": cover.plan_code,
        "plan_title": cover.plan_title,
        "short_title": cover.short_title,
        "plans": [code for code, _ in cover.plans],
        "jurisdiction": cover.jurisdiction,
        "first_year": cover.first_year,
        "last_year": cover.last_year,
        "issuer": cover.issuer,
        "document_number": cover.document_number,
        "drafts": list(cover.drafts),
        "source_file": cover.source_file,
        "period": str(cover.period),
        "period_name": _CHINESE.sentence(cover.period_name),
        "as_of_on": cover.as_of_on.isoformat(),
        "edition": cover.edition,
    }


def _figures(one: MoneyFigures) -> dict[str, Any]:
    figures: dict[str, Any] = {name: getattr(one, name) for name in NUMBERS if name != "amount_fen"}
    return figures | {"rates": {name: rate.exact for name, rate in one.rates.items()}}


def _group(one: MoneyFigures, by: Sequence[str]) -> dict[str, Any]:
    key = "/".join("-" if part is None else str(part) for part in one.keys)
    return {"key": key} | dict(zip(by, one.keys, strict=True)) | _figures(one)


def _movement(one: Movement) -> dict[str, int]:
    return {name: getattr(one, f"{name}_fen") for name in ("opening", "corrections", "flow", "closing")}


def _progress(one: GroupProgress | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "by_count": one.by_count.exact,
        "by_investment": one.by_investment.exact,
        "by_works": [
            {
                "name": figure.measure,
                "unit": figure.unit,
                **{name: value_of(getattr(figure, name)) for name in ("planned", "claimed", "verified")},
            }
            for figure in one.by_works
        ],
        "unreported": one.unreported,
        "warnings": [_CHINESE.sentence(warning.sentence) for warning in one.warnings],
    }


def _year(one: YearFigures) -> dict[str, Any]:
    figures = None if one.figures is None else _figures(one.figures)
    return {"key": str(one.year), "original_fen": one.original_fen, "figures": figures}


# ---- projects


def _project(row: ProjectRow, group: ProjectGroup, report: QuarterlyReport) -> dict[str, Any]:
    return _said_of(row) | {
        "group": group.name,
        "money": _money(row, report),
        "works": [_work(one) for one in row.works],
        "milestones": _due(row, report.cover.as_of_on),
        "lamp": _lamp(row),
        "words": _words(row),
    }


def _said_of(row: ProjectRow) -> dict[str, Any]:
    names = ("number", "plan", "code", "programme", "package", "name", "content", "lead", "body", "place", "state")
    more = ("first_year", "last_year", "estimate_fen", "note")
    return {name: getattr(row, name) for name in (*names, *more)} | {"parts": [_part(part) for part in row.parts]}


def _part(part: PartRow) -> dict[str, Any]:
    return {name: value for name, value in plain(part).items() if name != "project_id"}


def _ended_project(row: ProjectRow) -> dict[str, Any]:
    return _said_of(row) | {"money": None if row.ended is None else _ended(row.ended)}


def _ended(one: EndedFigures) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("estimate_fen", "budget_fen", *STAGE_COLUMNS.values())}


def _money(row: ProjectRow, report: QuarterlyReport) -> dict[str, Any] | None:
    if row.money is None:
        return None
    money = row.money
    return {
        **{name: getattr(row.money.whole, name) for name in ("secured_fen", "gap_fen", "budget_fen", "year_plan_fen")},
        **{name: money.so_far(name) for name in STAGE_COLUMNS.values()},
        "rates": {name: rate.exact for name, rate in row.money.whole.rates.items()},
        "work_done_this_year_fen": money.in_year(report.cover.period.year, "work_done_fen"),
        "work_done_this_period_fen": money.in_period("work_done_fen"),
        "moved": {figure: _movement(one) for figure, one in sorted(row.money.moved.items())},
        "years": {str(number): _of_year(row.code, number, money, report.years) for number in money.years},
        "sources": list(row.money.sources),
    }


def _of_year(code: str, year: int, money: ProjectMoney, years: Iterable[YearFigures]) -> dict[str, Any]:
    original = next((found.originals.get(code) for found in years if found.year == year), None)
    spent = {name: money.in_year(year, name) for name in ("work_done_fen", "paid_fen")}
    sums = {"budget_fen": money.years[year].budget_fen} | spent
    return sums if original is None else sums | {"original_fen": original}


def _work(one: ProjectWork) -> dict[str, Any]:
    figures = one.figures
    names = ("planned", "claimed", "verified", "surviving", "lost")
    return {
        "name": figures.measure,
        "unit": figures.unit,
        **{name: value_of(getattr(figures, name)) for name in names},
        "year_task": value_of(one.year_task),
        "flow": value_of(one.flow),
        "not_applicable": figures.not_applicable,
    }


def _due(row: ProjectRow, until: date) -> dict[str, int]:
    due, met = due_and_met(row.lamp.progress.milestones if row.lamp else (), until)
    return {"due": due, "met": met}


def _lamp(row: ProjectRow) -> dict[str, Any] | None:
    if row.lamp is None:
        return None
    worst = row.lamp.worst
    return {
        "colour": row.lamp.colour,
        "rule": worst.rule or None,
        "reason": reason_of(worst, _CHINESE),
        "turns_green_by": ways_of(worst, _CHINESE) or None,
    }


def _words(row: ProjectRow) -> dict[str, Any] | None:
    words = row.words
    if words is None:
        return None
    return {
        "department": words.department,
        "texts": dict(words.texts),
        "submitted_by": words.submitted_by,
        "approved_by": words.approved_by,
        "answerable": words.answerable,
        "no_progress_reason": words.no_progress_reason,
    }
