"""Request keys: a second press does nothing."""

import pytest
from sqlalchemy.exc import IntegrityError

from core.audit import OPERATOR
from core.database import Database
from core.people import add_person
from core.requests import find_answer, remember_answer


@pytest.mark.parametrize("key", ["3f2b", "k" * 64, "k" * 200, "钥匙"])
def test_a_key_leads_to_the_same_answer_again(database: Database, key: str) -> None:
    with database.writing() as session:
        assert find_answer(session, key, None) is None
        remember_answer(session, key, None, "/projects/qingshan-01")
    with database.reading() as session:
        assert find_answer(session, key, None) == "/projects/qingshan-01"


def test_keys_that_differ_only_late_are_two_keys(database: Database) -> None:
    with database.writing() as session:
        remember_answer(session, "k" * 80 + "1", None, "/one")
    with database.reading() as session:
        assert find_answer(session, "k" * 80 + "2", None) is None


def test_a_key_is_its_persons_own(database: Database) -> None:
    with database.writing() as session:
        wang = add_person(session, "wang", "王某", None, by=OPERATOR)
        li = add_person(session, "li4", "李某", None, by=OPERATOR)
        ids = (wang.id, li.id)
        remember_answer(session, "key", ids[0], "/wang")
    with database.reading() as session:
        assert find_answer(session, "key", ids[0]) == "/wang"
        assert find_answer(session, "key", ids[1]) is None
        assert find_answer(session, "key", None) is None
    with database.writing() as session:
        remember_answer(session, "key", ids[1], "/li")
    with database.reading() as session:
        assert [find_answer(session, "key", id_) for id_ in ids] == ["/wang", "/li"]


def test_without_a_key_nothing_is_remembered(database: Database) -> None:
    with database.writing() as session:
        remember_answer(session, None, None, "/a")
        remember_answer(session, "", None, "/b")
        assert find_answer(session, None, None) is None
        assert find_answer(session, "", None) is None


def test_a_twin_that_comes_too_late_is_refused_by_the_table(database: Database) -> None:
    with database.writing() as session:
        remember_answer(session, "key", None, "/first")
    with pytest.raises(IntegrityError), database.writing() as session:
        remember_answer(session, "key", None, "/second")
    with database.reading() as session:
        assert find_answer(session, "key", None) == "/first"
