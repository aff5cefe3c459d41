"""Rows of the lists of a report as canonical data: indicators, commitments, corrections."""

from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any

from core.calendar import quarter_name
from milestones.why_not import told
from reports.correction_readings import said
from reports.correction_rows import CorrectionRow
from reports.quarterly_indicators import CommitmentRow, Standing


def value_of(value: Any) -> Any:
    """One value as JSON holds it."""
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [value_of(one) for one in value]
    return value


def plain(row: Any) -> dict[str, Any]:
    """The fields of a record as JSON holds them."""
    return {one.name: value_of(getattr(row, one.name)) for one in fields(row)}


def keyed(row: Any) -> dict[str, Any]:
    """The same of a row that is about a project: its key tells it apart, not the project's code."""
    record = plain(row)
    return record | {"project_code": record.pop("code")}


def standing_record(one: Standing) -> dict[str, Any]:
    """An indicator with its series apart, its achievement and its coverage."""
    figures = one.figures
    series = ("rolled_up", "if_all_finished", "if_all_finished_low", "if_commitments_kept", "if_commitments_kept_low")
    covered = ("verdict", "unit", "needed", "planned", "verified", "support", "support_low", "gap", "gap_low")
    official = figures.official
    return {
        "key": f"{figures.plan}/{figures.key}",
        **{name: getattr(figures, name) for name in ("plan", "no", "category", "name", "unit", "nature")},
        "baseline": figures.baseline_printed,
        "baseline_year": figures.baseline_year,
        "target": figures.target.printed,
        "target_kind": figures.target.kind,
        "target_year": figures.target.year,
        "official": None if official is None else value_of(said(official.measured)),
        "official_as_of": None if official is None else quarter_name(official.quarter),
        "official_document": None if official is None else official.document,
        **{name: value_of(getattr(figures, name)) for name in series},
        "achieved": figures.achieved.verdict,
        "achieved_ratio": value_of(figures.achieved.ratio),
        "achieved_why_not": None if figures.achieved.why_not is None else figures.achieved.why_not.text("zh"),
        "coverage": {name: value_of(getattr(figures.coverage, name)) for name in covered}
        | {"why_not": told(figures.coverage.why_not, "zh")},
    }


def commitment_record(one: CommitmentRow) -> dict[str, Any]:
    """A commitment as printed, and what of it is done."""
    done = one.fulfilment
    sums = {name: value_of(getattr(done, name)) for name in ("goal", "claimed", "verified", "completion")}
    return {**one.printed, "key": f"{one.printed['plan']}/{one.printed['key']}", "done": sums | {"unit": done.unit}}


def correction_record(one: CorrectionRow) -> dict[str, Any]:
    """A late fact with its effect."""
    names = ("occurred_quarter", "posted_period")
    return keyed(one) | {name: quarter_name(getattr(one, name)) for name in names}
