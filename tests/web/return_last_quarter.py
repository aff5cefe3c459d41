"""What a department said in the quarter before, for tests of what stands beside the fields of this one."""

from collections.abc import Mapping

from sqlmodel import Session, select

from core.calendar import Period
from reports.period_flow import open_period
from reports.return_fields import CellKey
from reports.returns import ACCEPTED, DepartmentReturn, ReturnCell
from tests.samples import SOMEBODY, SmallPlan, identity


def report_texts(session: Session, small: SmallPlan, texts: Mapping[str, str]) -> None:
    """Words of the forest project in the quarter before, in a return that was accepted."""
    period = open_period(session, small.plan, Period(2025, "Q3"), by=SOMEBODY)
    query = select(DepartmentReturn).where(
        DepartmentReturn.period_id == period.id, DepartmentReturn.department_id == small.forestry.id
    )
    row = session.exec(query).one()
    row.state = ACCEPTED
    session.add(row)
    for field, text in texts.items():
        key = CellKey(identity(small.forest), field)
        session.add(ReturnCell(return_id=row.id or 0, **key._asdict(), value=text, changed_by=SOMEBODY.name))
