"""What the list of projects adds up to, with its money wherever there are approved entries, even if they come to nothing."""

from sqlmodel import Session

from budgets.ledger_sums import some_entry
from portfolio.access import Reader
from portfolio.project_list import NOW, ListSource, ProjectFilter
from portfolio.project_totals import ListTotals, totals_of


def listed_totals(session: Session, reader: Reader, chosen: ProjectFilter, source: ListSource = NOW) -> ListTotals:
    """The totals of the filtered list; its money is None only where no entry of the plans in question was ever approved."""
    return totals_of(session, reader, chosen, source, entries=some_entry(reader.plans_for("view"), chosen.plan_id))
