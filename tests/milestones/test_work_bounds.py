"""What is built upon a quantity of works stays within it, never comes before it, and is of the same measure."""

from dataclasses import replace
from datetime import date

import pytest

from core.database import Database
from core.errors import SeveralBroken
from milestones.work_reports import accept_works
from milestones.work_rules import (
    BeforeTheFirst,
    MoreThanAlive,
    MoreThanClaimed,
    MoreThanVerified,
)
from milestones.work_verifying import record_loss, verify_work
from tests.milestones.work_samples import (
    OFFICE,
    OWNER,
    VERIFIER,
    a_work,
    claimed,
    lost,
    measure_id,
    only_problem,
    problems_in,
    survived,
    verified,
)
from tests.samples import find_small_plan


def test_no_more_is_verified_than_was_reported(stored: Database) -> None:
    with stored.writing() as session:
        claim = claimed(session, find_small_plan(session).forest, "0.1", "万亩")
        verified(session, claim, "600")
        with pytest.raises(SeveralBroken) as told:
            verified(session, claim, "400.000001")
        problem = only_problem(told.value)
        assert isinstance(problem, MoreThanClaimed)
        assert problem.field == "quantity"
        assert problem.facts == {
            "found": "400.000001 亩", "left": "0.04 万亩", "id": claim.id, "whole": "0.1 万亩", "taken": "0.06 万亩",
        }  # fmt: skip
        verified(session, claim, "400")


def test_no_more_is_alive_than_was_verified_and_no_more_lost_than_is_alive(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        first = verified(session, claimed(session, small.forest, "1000"), "800")
        with pytest.raises(SeveralBroken) as told:
            survived(session, first, "801")
        assert isinstance(only_problem(told.value), MoreThanVerified)
        check = survived(session, first, "700")
        lost(session, check, "600")
        # What waits is taken, too: two losses that were each within what is alive would exceed it together.
        more = a_work(session, "60", cause="pest")
        row = record_loss(session, small.forest, more, based_on=check, submit=True, by=OWNER)
        with pytest.raises(SeveralBroken) as told:
            lost(session, check, "41")
        problem = only_problem(told.value)
        assert isinstance(problem, MoreThanAlive)
        assert (problem.facts["left"], problem.facts["taken"]) == ("40 亩", "660 亩")
        accept_works(session, [row.id or 0], by=OFFICE)
        lost(session, check, "40")


def test_a_second_look_is_never_earlier_and_never_at_another_measure(stored: Database) -> None:
    with stored.writing() as session:
        claim = claimed(session, find_small_plan(session).forest, "1000")
        with pytest.raises(SeveralBroken) as told:
            verified(session, claim, "1000", on=date(2024, 5, 5))
        problem = only_problem(told.value)
        assert isinstance(problem, BeforeTheFirst)
        assert (problem.facts["found"], problem.facts["first"]) == ("2024-05-05", "2024-05-06")
        other = replace(a_work(session), measure_id=measure_id(session, "围栏", "公里"), unit="公里")
        with pytest.raises(SeveralBroken) as told:
            verify_work(session, claim, other, by=VERIFIER)
        assert problems_in(told.value)["measure_id"].facts["expected"] == "营造林面积"
        none = replace(a_work(session, None), not_applicable=True)
        with pytest.raises(SeveralBroken) as told:
            verify_work(session, claim, none, by=VERIFIER)
        assert only_problem(told.value).field == "not_applicable"


def test_a_loss_names_its_cause(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        for cause in (None, " "):
            with pytest.raises(SeveralBroken) as told:
                record_loss(session, forest, a_work(session, "3", cause=cause), by=OWNER)
            assert only_problem(told.value).field == "cause"
        assert record_loss(session, forest, a_work(session, "3", cause="冻害"), by=OWNER).cause == "冻害"
