"""Which plans the project list offers to choose from, and when they are too many for that."""

import pytest
from sqlmodel import col, select

from core.audit import OPERATOR
from core.database import Database
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.plans import Plan
from seed.synthetic import fill
from web.listed_plans import SELECTABLE, OfferedPlans, listed_plans, offered_plans


def _filled(database: Database, plans: int, drafts: tuple[str, ...] = ()) -> list[int]:
    """The ids of so many plans, of which those of some codes are drafts."""
    with database.writing() as session:
        fill(session, plans, per_plan=1)
        for plan in session.exec(select(Plan).where(col(Plan.code).in_(drafts))):
            plan.draft = True
            session.add(plan)
        return [id_ for id_ in session.exec(select(Plan.id).order_by(col(Plan.id))) if id_ is not None]


def _offered(database: Database, reader: Reader) -> OfferedPlans:
    with database.reading() as session:
        return offered_plans(session, reader)


def _of_plans(*ids: int) -> Reader:
    return Reader(OPERATOR, (Reach("auditor", frozenset(ids), None),))


@pytest.mark.parametrize(("plans", "many"), [(SELECTABLE, False), (SELECTABLE + 1, True)])
def test_a_list_to_choose_from_holds_so_many_plans_and_not_one_more(database: Database, plans: int, many: bool):
    _filled(database, plans)
    offered = _offered(database, OPERATOR_READER)
    assert offered.many is many
    assert len(offered.plans) == (0 if many else plans)


def test_what_is_offered_is_what_the_reader_sees_in_the_same_order_and_words(database: Database):
    ids = _filled(database, 5, drafts=("synthetic-0003",))
    reader = _of_plans(ids[4], ids[1], ids[3])
    with database.reading() as session:
        every = listed_plans(session, reader)
    assert [plan.code for plan in every] == ["synthetic-0001", "synthetic-0003", "synthetic-0004"]
    assert _offered(database, reader) == OfferedPlans(every, many=False, drafts=True)


def test_who_sees_few_of_many_plans_is_offered_those(database: Database):
    ids = _filled(database, SELECTABLE + 1, drafts=("synthetic-0007",))
    offered = _offered(database, _of_plans(ids[2], ids[9]))
    assert ([plan.id for plan in offered.plans], offered.many) == ([ids[2], ids[9]], False)


def test_a_draft_is_told_only_to_who_sees_it(database: Database):
    ids = _filled(database, SELECTABLE + 1, drafts=("synthetic-0007",))
    assert _offered(database, OPERATOR_READER) == OfferedPlans([], many=True, drafts=True)
    assert not _offered(database, _of_plans(ids[2])).drafts
    assert _offered(database, _of_plans(ids[7])).drafts


def test_who_sees_no_plan_is_offered_none_and_that_is_not_too_many(database: Database):
    _filled(database, 3)
    assert _offered(database, _of_plans()) == OfferedPlans([], many=False, drafts=False)
