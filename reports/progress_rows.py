"""Lamps and progress as rows, as the command and the API print them: exact pairs, and sentences in one language."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from core.units import MICRO, text_from_micro
from reports.findings import Sentence, Words
from reports.lamps import Lamp, ProjectLamp
from reports.three_figures import GroupProgress, MeasureFigure, ProgressWarning


def lamp_rows(lamps: Iterable[ProjectLamp], words: Words) -> list[dict[str, Any]]:
    """One row per project and rule, the worst of a project first; `project_lamp` is the lamp of the project."""
    return [
        {
            "project": one.progress.code,
            "lamp": lamp.colour,
            "rule": lamp.rule or None,
            "reason": reason_of(lamp, words),
            "turns_green_by": ways_of(lamp, words) or None,
            "project_lamp": one.colour,
        }
        for one in lamps
        for lamp in one.lamps
    ]


def reason_of(lamp: Lamp, words: Words) -> str:
    """Why, as one text."""
    return _joined(lamp.reasons, words)


def ways_of(lamp: Lamp, words: Words) -> str:
    """What all has to be done for green, as one text; empty when it is green."""
    return _joined(lamp.turns_green_by, words)


def _joined(sentences: Iterable[Sentence], words: Words) -> str:
    return words.translate("；").join(words.sentence(one) for one in sentences)


def progress_rows(groups: Iterable[GroupProgress], by: Sequence[str], words: Words) -> list[dict[str, Any]]:
    """One row per group: its keys, the three figures as pairs, and what they hide."""
    return [
        dict(zip(by, one.keys, strict=True))
        | {
            "by_count": one.by_count.exact,
            "by_investment": one.by_investment.exact,
            "by_works": [_measure(figure) for figure in one.by_works],
            "without_estimate": one.without_estimate,
            "warnings": [_warning(warning, words) for warning in one.warnings],
        }
        for one in groups
    ]


def _measure(figure: MeasureFigure) -> dict[str, Any]:
    return {
        "measure": figure.measure,
        "unit": figure.unit,
        "figure": figure.exact,
        "verified": quantity(figure.verified),
        "target": quantity(figure.planned),
        "claimed": quantity(figure.claimed),
    }


def quantity(value: Fraction | None) -> str | None:
    """A quantity as a plain decimal, rounded to millionths of its unit."""
    return None if value is None else text_from_micro(round(value * MICRO))


def _warning(warning: ProgressWarning, words: Words) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": warning.kind, "text": words.sentence(warning.sentence)}
    if warning.share is not None:
        row |= {"project": warning.code, "name": warning.name, "share": warning.share.exact}
    return row
