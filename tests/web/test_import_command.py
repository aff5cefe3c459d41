"""`qingshan import ledger` as a script runs it: a process of its own, JSON on standard output, exit codes."""

import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from budgets.entries import LedgerEntry
from budgets.importing.tables import ImportRow, LedgerImport
from core.audit import OPERATOR
from core.database import Database
from core.files import StoredFile
from tests.budgets.importing.samples import HEADERS, a_csv, a_row, a_workbook, kept_files, ledger
from tests.budgets.ledger_samples import sources
from tests.processes import Run, command
from tests.web.visiting import person_in

__all__ = ["kept_files", "sources"]
pytestmark = pytest.mark.usefixtures("kept_files", "sources")


@pytest.fixture
def qingshan(stored: Database) -> Run:
    return command(stored.url.render_as_string(hide_password=False))


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        tables = (LedgerEntry, LedgerImport, ImportRow, StoredFile)
        return {table.__name__: session.exec(select(func.count()).select_from(table)).one() for table in tables}


NOTHING = {"LedgerEntry": 0, "LedgerImport": 0, "ImportRow": 0, "StoredFile": 0}


def test_a_file_is_taken_in_and_told_and_a_second_time_adds_nothing(
    stored: Database, qingshan: Run, tmp_path: Path
) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row(), a_row(), a_row(stage="合同", source="", amount=5)])
    done = qingshan("import", "ledger", str(path), "--plan", "qingshan")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    told = {name: report[name] for name in ("plan", "sheet", "header_line", "entries", "new", "known", "blocking")}
    assert told == {
        **{"plan": "qingshan", "sheet": "台账", "header_line": 1},
        **{"entries": 3, "new": 3, "known": 0, "blocking": 0},
    }
    assert report["problems"] == []
    assert report["sums"] == [
        {"stage": "contracted", "source": None, "entries": 1, "amount_fen": 5_000_000, "new": 1, "new_fen": 5_000_000},
        {
            **{"stage": "paid", "source": "县级财政", "entries": 2, "amount_fen": 640_000_000},
            **{"new": 2, "new_fen": 640_000_000},
        },
    ]
    with stored.reading() as session:
        assert {(one.state, one.recorded_by) for one in ledger(session)} == {("submitted", OPERATOR.name)}
    again = json.loads(qingshan("import", "ledger", str(path), "--plan", "qingshan").stdout)
    assert (again["new"], again["known"]) == (0, 3)
    assert counts(stored) == {"LedgerEntry": 3, "LedgerImport": 2, "ImportRow": 0, "StoredFile": 2}


def test_what_blocks_is_told_by_cell_with_exit_code_1_and_nothing_is_written(
    stored: Database, qingshan: Run, tmp_path: Path
) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row(), a_row(on="2024/2/30")])
    done = qingshan("import", "ledger", str(path), "--plan", "qingshan")
    assert done.returncode == 1
    problems = json.loads(done.stdout)["problems"]
    assert [problem.keys() for problem in problems] == [
        {"sheet": 0, "cell": 0, "found": 0, "expected": 0, "severity": 0, "message": 0}.keys()
    ]
    assert (problems[0]["sheet"], problems[0]["cell"], problems[0]["found"], problems[0]["severity"]) == (
        *("台账", "D3", "2024/2/30"),
        "blocking",
    )
    assert counts(stored) == NOTHING


def test_a_dry_run_writes_nothing(stored: Database, qingshan: Run, tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    done = qingshan("import", "ledger", str(path), "--plan", "qingshan", "--dry-run")
    assert (done.returncode, json.loads(done.stdout)["new"]) == (0, 1)
    assert counts(stored) == NOTHING


def test_unit_stage_and_sheet_can_be_said(stored: Database, qingshan: Run, tmp_path: Path) -> None:
    headers = ("项目编号", "资金来源", "发生日期", "金额")
    row = ["qingshan-01", "县级财政", "2024-05-06", 320]
    path = a_workbook(tmp_path / "a.xlsx", [row], headers=headers, sheets=("一", "二"))
    asked = qingshan("import", "ledger", str(path), "--plan", "qingshan")
    assert asked.returncode == 1
    assert "一、二" in json.loads(asked.stdout)["problems"][0]["message"]
    assert json.loads(asked.stdout)["sheets"] == ["一", "二"]
    done = qingshan(
        *("import", "ledger", str(path), "--plan", "qingshan"), *("--sheet", "二", "--unit", "元", "--stage", "支付")
    )
    assert done.returncode == 0, done.stdout
    with stored.reading() as session:
        assert [(one.stage, one.amount_fen) for one in ledger(session)] == [("paid", 32_000)]


def test_a_person_records_in_their_own_name_and_only_where_they_may(
    stored: Database, qingshan: Run, tmp_path: Path
) -> None:
    office = person_in(stored, "zhang", "office")
    person_in(stored, "li", "leader")
    path = a_csv(tmp_path / "a.csv", [a_row()], encoding="gb18030")
    refused = qingshan("--by", "li", "import", "ledger", str(path), "--plan", "qingshan")
    assert (refused.returncode, refused.stdout) == (2, "")
    done = qingshan("--by", "zhang", "import", "ledger", str(path), "--plan", "qingshan")
    assert done.returncode == 0, done.stderr
    with stored.reading() as session:
        assert [one.recorded_by_id for one in ledger(session)] == [office.id]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--plan", "nowhere"),
        ("--plan", "qingshan", "--unit", "美元"),
        ("--plan", "qingshan", "--stage", "拨付"),
    ],
)
def test_wrong_usage_ends_with_2(qingshan: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()], headers=HEADERS)
    done = qingshan("import", "ledger", str(path), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_a_file_that_is_no_table_is_a_problem_of_the_whole_file(
    stored: Database, qingshan: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"%PDF-1.7")
    done = qingshan("import", "ledger", str(path), "--plan", "qingshan")
    problem = json.loads(done.stdout)["problems"][0]
    assert (done.returncode, problem["sheet"], problem["cell"], problem["found"]) == (1, None, None, "PDF 文档")
    assert counts(stored) == NOTHING
