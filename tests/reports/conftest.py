"""Fixtures of the tests of reports."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from core.database import Database
from tests.samples import SmallPlan, find_small_plan


@pytest.fixture
def working(stored: Database) -> Iterator[tuple[Session, SmallPlan]]:
    """The small plan, whose first project plants 0.5 万亩, in a session that is rolled back."""
    with stored.writing() as session:
        yield session, find_small_plan(session)
        session.rollback()
