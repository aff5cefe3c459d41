"""`qingshan period`: opening, closing, reopening and the list, as a script would run them."""

import json
from pathlib import Path

import pytest

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.processes import Run, command

sqlite_database = on_sqlite(plant)
PLAN = ("--plan", "qingshan")
FIRST_SIX = ("2021Q1", "2021Q2", "2021Q3", "2021Q4", "2022Q1", "2022Q2")


@pytest.fixture
def run(sqlite_database: Database) -> Run:
    sqlite_database.close()
    return command(sqlite_database.url.render_as_string(hide_password=False))


def listed(run: Run, period: str) -> dict[str, object]:
    (row,) = json.loads(run("period", "list", period, *PLAN, "--format", "json").stdout)
    return row


def test_a_quarter_is_opened_closed_and_reopened(run: Run) -> None:
    opened = run("period", "open", "2024Q4", *PLAN, "--due", "2025-01-20", "--format", "json")
    assert opened.returncode == 0, opened.stderr
    (row,) = json.loads(opened.stdout)
    facts = {"plan": "qingshan", "period": "2024Q4", "kind": "quarter", "state": "open", "due_on": "2025-01-20"}
    assert row | facts == row
    assert (row["departments"], row["late"]) == (2, 2)
    asked = run("period", "close", "2024Q4", *PLAN)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "2 个部门没有报送" in asked.stderr
    assert listed(run, "2024Q4")["state"] == "open"
    closed = run("period", "close", "2024Q4", *PLAN, "--reason", "会期已定", "--format", "json")
    names = [one["period"] for one in json.loads(closed.stdout)]
    assert names[0] == "2021Q1"
    assert {"2024Q4", "2024", "2023MID"} <= set(names)
    row = listed(run, "2024Q4")
    assert row["closed_reason"] == "会期已定"
    assert str(row["closed_at"]).endswith("+00:00")  # SQLite gives moments back without their zone
    again = run("period", "close", "2024Q4", *PLAN, "--reason", "再关")
    assert again.returncode == 2
    assert "2024Q4 已由 系统操作员 关账" in again.stderr
    assert run("period", "reopen", "2024Q4", *PLAN).returncode == 2
    assert run("period", "reopen", "2024Q4", *PLAN, "--reason", "漏报").returncode == 0
    assert listed(run, "2024Q4")["state"] == "open"


def test_a_quarter_that_was_never_opened_is_closed_only_with_a_reason(run: Run) -> None:
    asked = run("period", "close", "2022Q2", *PLAN)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "2022Q2 没有开启过填报；一并关账的 5 个季度没有开启过填报（2021Q1—2022Q1）" in asked.stderr
    assert listed(run, "2021Q1")["state"] == "not-opened"
    closed = run("period", "close", "2022Q2", *PLAN, "--reason", "此前没有用本系统")
    lines = closed.stderr.splitlines()
    assert lines == [*(f"{name} 已关账，没有开启过填报。" for name in FIRST_SIX), "2021 已关账。"]
    assert listed(run, "2021Q1")["closed_reason"] == "此前没有用本系统"


def test_the_list_names_every_period(run: Run) -> None:
    rows = json.loads(run("period", "list", *PLAN, "--format", "json").stdout)
    assert len(rows) == 20 + 5 + 2
    assert {row["state"] for row in rows} == {"not-opened"}
    assert "2025FINAL" in run("period", "list", *PLAN).stdout


def test_wrong_usage_says_what_was_expected(run: Run, tmp_path: Path) -> None:
    for arguments, words in (
        (("open", "2024Q5", *PLAN), "2024Q5"),
        (("open", "2030Q1", *PLAN), "没有报告期 2030Q1"),
        (("open", "2024Q4"), "--plan"),
        (("open", "2024Q4", "--plan", "nowhere"), "没有代码为“nowhere”的规划"),
        (("open", "2024Q4", *PLAN, "--due", "tomorrow"), "tomorrow"),
        (("close", "2024", *PLAN), "随 2024Q4 一起关账"),
        (("list", *PLAN, "--format", "yaml"), "yaml"),
    ):
        done = run("period", *arguments)
        assert done.returncode == 2, arguments
        assert words in done.stderr, (arguments, done.stderr)
        assert done.stdout == ""
