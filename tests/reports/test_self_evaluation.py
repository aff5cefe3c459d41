"""The self-evaluation form: what it reads, what it leaves open, and its workbook that recalculating does not change."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import Session

from budgets.approval import approve_entries
from budgets.ledger import record_entry
from core.audit import OPERATOR
from core.calendar import period_from_text
from core.database import Database
from milestones.performance_results import NewResult, YearOutside, record_result
from portfolio.access import OPERATOR_READER
from reports.money import whole_money
from reports.rollup import Scope
from reports.self_evaluation import NotAYear, SelfEvaluation, self_evaluation
from reports.workbook_self_evaluation import write_self_evaluation
from tests.budgets.ledger_samples import REVIEWER, an_entry
from tests.budgets.line_samples import approved, keyed, make_sources
from tests.milestones.performance_samples import make_targets
from tests.samples import SOMEBODY, WAN, find_small_plan, identity

__all__ = ["keyed"]  # a fixture


def form_of(session: Session, period: str = "2024", code: str = "qingshan-01") -> SelfEvaluation:
    return self_evaluation(session, OPERATOR_READER, code, period_from_text(period))


def filled(database: Database, keyed: dict[str, int], *, complete: bool) -> None:
    """3 of 4 万元 of the forest's budget are paid; one target of four and the last ten points are open unless `complete`."""
    with database.writing() as session:
        forest = find_small_plan(session).forest
        approved(session, forest, keyed["county"], 400, 2024)
        entry = an_entry("paid", 300, date(2024, 5, 6), source_id=keyed["county"])
        row = record_entry(session, forest, entry, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        make_targets(session, forest)
        record_result(session, forest, "p1", 2024, NewResult(value="4200"), by=OPERATOR)
        record_result(session, forest, "p2", 2024, NewResult(value="1300"), by=OPERATOR)  # a twelfth too dear
        record_result(session, forest, "p3", 2024, NewResult(reached="full", percent="90"), by=OPERATOR)
        if complete:
            record_result(session, forest, "p4", 2024, NewResult(value="70"), by=OPERATOR)


def test_the_points_are_those_worked_out_by_hand(stored: Database, keyed: dict[str, int]) -> None:
    filled(stored, keyed, complete=True)
    with stored.reading() as session:
        form = form_of(session)
        scores = [line.score for level in form.levels for line in level.lines]
        assert scores == [Fraction("25.2"), 20 * Fraction(11, 12), 27, 10 * Fraction(70, 90)]
        assert (form.execution, form.fiscal.paid_fen, form.fiscal.budget_fen) == (Fraction("7.5"), 300 * WAN, 400 * WAN)
        assert form.points.total == Fraction("7.5") + sum(score for score in scores if score is not None)
        rolled = whole_money(
            session, OPERATOR_READER, Scope(20244, frozenset({identity(find_small_plan(session).plan)}))
        )
        assert form.rate == rolled.rates["budget_execution"]


def test_what_is_not_reported_stays_open_and_there_is_no_total(stored: Database, keyed: dict[str, int]) -> None:
    filled(stored, keyed, complete=False)
    with stored.reading() as session:
        form = form_of(session)
        assert (form.points.total, form.points.open, form.points.weight) == (None, 10, 100)
        before = form_of(session, "2023")  # no targets yet, and no budget
        assert (before.points.open, before.points.earned, before.execution) == (100, 0, None)
        assert form_of(session, code="qingshan-02-1").project.code == "qingshan-02"


@pytest.mark.parametrize(
    ("period", "error"), [("2024Q4", NotAYear), ("2023MID", NotAYear), ("2019", YearOutside), ("2099", YearOutside)]
)
def test_a_form_is_of_a_year_that_has_begun(sqlite_stored: Database, period: str, error: type[Exception]) -> None:
    with sqlite_stored.reading() as session, pytest.raises(error):
        form_of(session, period)


def cells_of(file: Path) -> list[list[object]]:
    """Every cell of the sheet; an empty text is an empty cell."""
    sheet = load_workbook(file, data_only=True).active
    return [["" if cell.value is None else cell.value for cell in line] for line in sheet.iter_rows()]


@pytest.mark.office
@pytest.mark.parametrize(("complete", "language"), [(True, "zh"), (False, "en")])
def test_recalculating_the_form_changes_no_cell(
    sqlite_stored: Database,
    tmp_path: Path,
    office: Callable[[Path], Path],
    complete: bool,
    language: str,
) -> None:
    with sqlite_stored.writing() as session:
        sources = make_sources(session)
    filled(sqlite_stored, sources, complete=complete)
    with sqlite_stored.reading() as session:
        form = form_of(session)
        file, again = tmp_path / "form.xlsx", BytesIO()
        write_self_evaluation(form, file, language=language)
        write_self_evaluation(form, again, language=language)
    assert file.read_bytes() == again.getvalue()
    before, after = (cells_of(one) for one in (file, office(file)))
    assert before == after
    numbers = [cell for line in before for cell in line if isinstance(cell, int | float)]
    total = Fraction("7.5") + Fraction("25.2") + 20 * Fraction(11, 12) + 27
    assert round(float(total + (10 * Fraction(70, 90) if complete else 0)), 6) in numbers
