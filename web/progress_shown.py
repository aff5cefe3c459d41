"""Lamps and figures of progress as pages show them: sentences in the reader's language, quantities with separators."""

from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup
from sqlmodel import Session

from budgets.rates import UNKNOWN
from core.units import MICRO, text_from_micro
from milestones.lamp_rules import RULE_KINDS
from portfolio.access import Reader
from reports.lamp_reading import lamp_counts, project_lamps
from reports.lamps import Lamp, ProjectLamp
from reports.progress_math import BASES, ProjectProgress
from reports.rollup import Scope
from web.choices import Choices
from web.told import told

LAMPS_AT_ONCE = 2_000  # projects whose lamps a page counts; of more the reader chooses a plan first
_PLACES = 4  # decimals of a quantity on a page


@dataclass(frozen=True)
class ShownLamp:
    """What one rule says, in the reader's language. `rule` is a word to be translated; empty where no rule is in force."""

    colour: str
    rule: str
    reasons: tuple[Markup, ...]
    ways: tuple[Markup, ...]


@dataclass(frozen=True)
class ShownProgress:
    """Where a project stands, for its page: the lamp with what every rule says, and three bars side by side."""

    colour: str
    lamps: tuple[ShownLamp, ...]
    progress: ProjectProgress
    works_from: str | None  # what the works completion is made of, a word to be translated


def lamps_in(
    session: Session, reader: Reader, scope: Scope, choices: Choices, plan: str | None, projects: int
) -> list[tuple[str, int, str]] | None:
    """How many projects have each colour, with the address of their list; None of too many projects."""
    if projects > LAMPS_AT_ONCE:
        return None
    counts = lamp_counts(project_lamps(session, reader, scope).values())
    return [(colour, n, choices.url("/projects", plan=plan, lamp=colour)) for colour, n in counts.items()]


def shown_progress(lamp: ProjectLamp, language: str) -> ShownProgress:
    basis = lamp.progress.works_basis
    lamps = tuple(shown_lamp(one, language) for one in lamp.lamps)
    return ShownProgress(lamp.colour, lamps, lamp.progress, None if basis is None else BASES[basis])


def shown_lamp(lamp: Lamp, language: str) -> ShownLamp:
    return ShownLamp(
        lamp.colour,
        RULE_KINDS.get(lamp.rule, lamp.name),
        tuple(told(one, language) for one in lamp.reasons),
        tuple(told(one, language) for one in lamp.turns_green_by),
    )


def amount(value: Fraction | None) -> str:
    """A quantity with separators and at most four decimals, rounded half up; — where nothing says so."""
    if value is None:
        return UNKNOWN
    step = 10**_PLACES
    scaled = (2 * abs(value.numerator) * step + value.denominator) // (2 * value.denominator)
    whole, point, rest = text_from_micro(scaled * (MICRO // step)).partition(".")
    return f"{'-' if value < 0 and scaled else ''}{int(whole):,}{point}{rest}"
