"""Many entries at once: the same rows, rules and audit trail as one by one."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from budgets.entries import LedgerEntry
from budgets.ledger import record_entry
from budgets.many_entries import record_entries
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import ManyBroken, SeveralBroken
from portfolio.editing import archive_project
from tests.budgets.ledger_samples import an_entry, sources
from tests.samples import SOMEBODY, find_small_plan

__all__ = ["sources"]
HEAD = Actor(None, "审核人甲")
_OWN = {"id", "submitted_by", "submitted_by_id", "recorded_at", "submitted_at", "ordinal"}


def test_many_entries_are_the_rows_that_one_by_one_would_be(stored: Database, sources: dict[str, int]) -> None:
    county = sources["county"]
    news = [
        an_entry(source_id=county),
        an_entry("work_done", 5, document="凭证1"),
        an_entry("appropriated", 7, source_id=county, document="青财〔2024〕1号", note="首批"),
    ]
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        single = [record_entry(session, forest, new, submit=True, by=SOMEBODY).model_dump() for new in news]
        ids = record_entries(
            session, [(forest, new) for new in news], submitted_by=HEAD, reason="按填报表", by=SOMEBODY
        )
        rows = [session.get_one(LedgerEntry, id_).model_dump() for id_ in ids]
        for one, row in zip(single, rows, strict=True):
            assert {name: row[name] for name in one if name not in _OWN} == {
                name: one[name] for name in one if name not in _OWN
            }
            # Alike in all that a file could say, they are told apart.
            assert (one["ordinal"], row["ordinal"], row["submitted_by"]) == (1, 2, HEAD.name)
        query = select(AuditEntry.reason).where(AuditEntry.subject == "ledger_entry", AuditEntry.subject_id == ids[0])
        assert session.exec(query).all() == ["按填报表"]


def test_equal_entries_of_one_hand_over_are_numbered(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        new = an_entry(source_id=sources["own"])
        ids = record_entries(session, [(forest, new)] * 3, submitted_by=HEAD, by=SOMEBODY)
        assert [session.get_one(LedgerEntry, id_).ordinal for id_ in ids] == [1, 2, 3]


def test_what_is_wrong_is_told_by_place_and_nothing_is_written(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        gone = small.sewage
        archive_project(session, gone, reason="误列", expected_version=gone.row_version, by=SOMEBODY)
        good = an_entry(source_id=sources["county"])
        entries = [
            (small.forest, good),
            (small.water, good),
            (gone, good),
            (small.forest, replace(good, source_id=None)),
            (small.forest, replace(good, amount_fen=0)),
            (small.forest, replace(good, occurred_on=date(2090, 1, 1))),
            (small.parts[0], good),
        ]
        with pytest.raises(ManyBroken) as caught:
            record_entries(session, entries, submitted_by=HEAD, by=SOMEBODY)
        found = caught.value.by_place
        assert {place: problem.code for place, problem in found.items() if not isinstance(problem, SeveralBroken)} == {
            1: "NotALeaf",
            2: "Archived",
        }
        inner = {
            place: [one.code for one in several.problems]
            for place, several in found.items()
            if isinstance(several, SeveralBroken)
        }
        assert inner == {3: ["Missing"], 4: ["Invalid"], 5: ["InTheFuture"]}
        assert session.exec(select(LedgerEntry)).all() == []


def test_nothing_at_all_is_no_work(stored: Database) -> None:
    with stored.writing() as session:
        assert record_entries(session, [], submitted_by=HEAD, by=SOMEBODY) == []
