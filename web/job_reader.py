"""Who a job acts for."""

from sqlmodel import Session

from core.errors import NotThere
from core.people import Person
from core.working import RunningJob
from portfolio.access import OPERATOR_READER, Reader, reader_acting, reader_of


def reader_of_job(session: Session, job: RunningJob) -> Reader:
    """What the person who started the job may see and do now, which may be less than when they started it.

    Errors: NotThere when the account has been closed, or when it was started in the name of somebody whose delegation has ended.
    """
    if job.by.id is None:
        return OPERATOR_READER
    person = session.get(Person, job.by.id)
    if person is None or not person.active:
        raise NotThere
    if job.by.acts_for is not None:
        return reader_acting(session, person, job.by.acts_for)
    return reader_of(session, person)
