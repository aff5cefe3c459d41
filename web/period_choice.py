"""The period of a plan that an address names, and who may move it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from core.calendar import Period, period_from_text, quarter_name, today
from core.errors import NotThere
from portfolio.access import ALLOWED, Reader
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.period_rules import at_work, found_in, periods_of
from web.choices import Choices


@dataclass(frozen=True)
class OpenPeriod:
    """A period that the reader may move, with its plan."""

    plan: Plan
    period: Period
    row: ReportingPeriod
    rows: tuple[ReportingPeriod, ...]

    @property
    def board(self) -> str:
        """The address of its board."""
        return f"/quarter?plan={self.plan.code}&period={self.row.name}"


def movable(session: Session, reader: Reader, code: str, name: str) -> OpenPeriod:
    """The period that an address names, for the office.

    Errors: NotThere for anybody else, and for what is not there; NotAPeriod.
    """
    plan = session.exec(select(Plan).where(Plan.code == code)).first()
    if plan is None or plan.id is None:
        raise NotThere
    reader.must("periods", plan.id)
    rows = periods_of(session, plan.id)
    period = period_from_text(name)
    if not any(row.name == str(period) for row in rows):
        raise NotThere
    return OpenPeriod(plan, period, found_in(rows, period), tuple(rows))


def shown_period(rows: Sequence[ReportingPeriod], name: str, choices: Choices) -> ReportingPeriod | None:
    """The period that an address names, else the quarter that the page looks back from, else the one at work.

    Errors: NotAPeriod; UnknownPeriod.
    """
    if name:
        return found_in(rows, period_from_text(name))
    if choices.as_of is not None:
        wanted = quarter_name(choices.as_of)
        named = next((row for row in rows if row.name == wanted), None)
        if named is not None:
            return named
    return at_work(rows, today())


def own_departments(reader: Reader) -> frozenset[int]:
    """The departments for which the reader records or answers."""
    return frozenset(
        reach.department_id
        for reach in reader.reaches
        if reach.department_id is not None and "record" in ALLOWED[reach.role]
    )
