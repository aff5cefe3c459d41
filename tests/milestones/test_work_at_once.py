"""Two people or processes write works at the same moment: what is built upon a report never exceeds it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from sqlmodel import Session, func, select

from core.database import Database
from core.errors import SeveralBroken
from core.settings import ROOT
from milestones.work_balances import Reversed
from milestones.work_reports import accept_works, find_work, record_work, submit_works
from milestones.work_rules import BesideNotApplicable, BesideQuantity, MoreThanAlive, MoreThanClaimed
from milestones.work_verifying import BuiltUpon, record_loss, reverse_work
from milestones.works import WorkEntry
from portfolio.facts import SUBMITTED
from portfolio.reviewing import FactNotSubmitted
from tests.milestones.work_samples import OFFICE, OWNER, a_work, claimed, only_problem, survived, verified
from tests.samples import find_small_plan
from tests.together import at_once

HOLD = 0.1  # how long a transaction stays open after its work, so that the other one meets it


def writing(database: Database, work: Callable[[Session], Any]) -> Callable[[], Any]:
    """A piece of work in a transaction of its own; what it comes to is a kind of error or None."""

    def run() -> Any:
        try:
            with database.writing() as session:
                work(session)
                time.sleep(HOLD)
        except SeveralBroken as several:
            return type(only_problem(several))
        except Exception as error:
            return type(error)
        return None

    return run


def together(*works: Callable[[], Any]) -> set[Any]:
    return set(at_once(*works))


def a_claim(database: Database, quantity: str = "100") -> int:
    with database.writing() as session:
        return claimed(session, find_small_plan(session).forest, quantity).id or 0


def test_of_two_who_verify_the_same_report_one_finds_what_is_left(stored: Database) -> None:
    id_ = a_claim(stored)
    look = writing(stored, lambda session: verified(session, find_work(session, id_), "60"))
    assert together(look, look) == {None, MoreThanClaimed}
    with stored.reading() as session:
        assert session.exec(select(func.count()).where(WorkEntry.based_on_id == id_)).one() == 1


def test_two_processes_that_verify_bit_by_bit_never_exceed_a_report(stored: Database) -> None:
    ids = [a_claim(stored, "100"), a_claim(stored, "5")]
    with stored.writing() as session:
        ids.append(claimed(session, find_small_plan(session).parts[0], "0.02", "万亩", date(2024, 3, 1)).id or 0)
    url = stored.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.milestones.work_writer", url, name, ",".join(map(str, order))],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, order in (("甲", ids), ("乙", ids[::-1]))
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    with ThreadPoolExecutor() as both:
        told = list(both.map(lambda process: process.communicate(b"\n", timeout=120)[1].decode(), running))
    assert [process.returncode for process in running] == [0, 0], told
    with stored.reading() as session:
        rows = select(WorkEntry.based_on_id, func.sum(WorkEntry.quantity_micro)).where(WorkEntry.tier == "verified")
        sums = {id_: int(micro) for id_, micro in session.exec(rows.group_by(WorkEntry.based_on_id))}
        assert sums == {ids[0]: 98_000_000, ids[2]: 196_000_000}


def test_a_report_is_verified_or_undone_but_not_both(stored: Database) -> None:
    id_ = a_claim(stored)
    look = writing(stored, lambda session: verified(session, find_work(session, id_), "60"))
    undo = writing(
        stored,
        lambda session: reverse_work(session, find_work(session, id_), reason="填错", document=None, by=OWNER),
    )
    outcome = together(look, undo)
    assert outcome in ({None, Reversed}, {None, BuiltUpon})


def test_of_two_losses_one_finds_what_is_alive(stored: Database) -> None:
    with stored.writing() as session:
        claim = claimed(session, find_small_plan(session).forest, "100")
        check = survived(session, verified(session, claim, "100"), "100").id or 0

    def lose(session: Session) -> None:
        project = find_small_plan(session).forest
        new = a_work(session, "60", cause="fire")
        record_loss(session, project, new, based_on=find_work(session, check), submit=True, by=OWNER)

    assert together(writing(stored, lose), writing(stored, lose)) == {None, MoreThanAlive}


def test_a_quantity_and_not_applicable_are_not_handed_over_at_once(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        quantity = record_work(session, forest, a_work(session, "5"), by=OWNER).id or 0
        none = record_work(session, forest, a_work(session, None, not_applicable=True), by=OWNER).id or 0

    def hand_over(id_: int) -> Callable[[], Any]:
        return writing(stored, lambda session: submit_works(session, [find_work(session, id_)], by=OWNER))

    assert together(hand_over(quantity), hand_over(none)) in ({None, BesideQuantity}, {None, BesideNotApplicable})
    with stored.reading() as session:
        assert session.exec(select(func.count()).where(WorkEntry.state == SUBMITTED)).one() == 1


def test_two_who_accept_crosswise_do_not_wait_for_each_other_and_accept_each_row_once(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        ids = [
            record_work(session, project, a_work(session, "5"), submit=True, by=OWNER).id or 0
            for project in (small.forest, small.parts[1], small.parts[0])
        ]

    def accept(some: list[int]) -> Callable[[], Any]:
        return writing(stored, lambda session: accept_works(session, some, by=OFFICE))

    assert together(accept(ids[:2]), accept([ids[2], ids[1]])) == {None, FactNotSubmitted}
