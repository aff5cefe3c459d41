"""The same plot (小班) reported under two projects, among the plans that a reader sees."""

from sqlmodel import Session

from milestones.plots import PlotTwin, plot_twins
from portfolio.access import Reader


def visible_twins(session: Session, reader: Reader) -> list[PlotTwin]:
    """The plots that two projects of the plans which the reader sees claim."""
    return plot_twins(session, reader.plans_for("view"))


def twins_of(session: Session, reader: Reader) -> dict[int, PlotTwin]:
    """The same by the number of each report in it."""
    return {claim.entry_id: twin for twin in visible_twins(session, reader) for claim in twin.claims}
