"""The command contract: what scripts rely on. Every command runs as a process of its own, as a script would run it."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.database import Database
from tests.processes import Run, command

PLANS = ("jinzhong", "linfen", "shanxi", "tunliu", "xiaoyi")
PROJECT_KEYS = {
    "plan", "code", "programme", "package", "name", "content", "lead_department", "implementing_body", "first_year", "last_year",
    "estimate_fen", "parts", "quantities", "source",
}  # fmt: skip
INDICATOR_KEYS = {
    "no", "category", "name", "unit", "baseline", "baseline_value", "baseline_year", "target", "target_value", "reference_target",
    "target_year", "target_kind", "operator", "nature", "source",
}  # fmt: skip


@pytest.fixture(scope="module")
def qingshan(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The command on an SQLite file with all five plans."""
    run = command(f"sqlite:///{tmp_path_factory.mktemp('commands') / 'qingshan.sqlite3'}")
    for arguments in (("migrate",), ("load-plans",)):
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    return run


def test_the_same_commands_work_on_postgresql(postgresql_database: Database):
    run = command(postgresql_database.url.render_as_string(hide_password=False))
    assert run("migrate").returncode == 0
    assert run("load-plans", "xiaoyi").returncode == 0
    rows = json.loads(run("rollup", "--plan", "xiaoyi", "--by", "programme", "--format", "json").stdout)
    assert sum(row["estimate_fen"] for row in rows) == 514_303_000_000
    assert run("check").returncode == 0


def test_the_roll_up_by_programme_gives_the_six_categories(qingshan: Run):
    done = qingshan("rollup", "--plan", "xiaoyi", "--by", "programme", "--format", "json")
    rows = json.loads(done.stdout)
    assert {row["programme"]: row["estimate_fen"] for row in rows} == {
        "山水林田湖草系统保护与治理工程": 172_000_000_000,
        "流域生态治理修复": 260_953_000_000,
        "大气环境治理工程": 10_500_000_000,
        "环境风险防控重点工程": 6_450_000_000,
        "生态经济重点工程": 62_500_000_000,
        "生态文明制度工程": 1_900_000_000,
    }
    assert (sum(row["projects"] for row in rows), sum(row["leaves"] for row in rows)) == (36, 38)
    assert [row["programme"] for row in rows] == sorted(row["programme"] for row in rows)
    assert rows[0].keys() >= {"programme", "projects", "leaves", "without_estimate", "estimate_fen"}


def test_several_keys_at_once_and_the_unknown_group_last(qingshan: Run):
    rows = json.loads(qingshan("rollup", "--by", "jurisdiction,department", "--format", "json").stdout)
    linfen = [row for row in rows if row["jurisdiction"] == "临汾市"]
    assert [(row["department"], row["estimate_fen"]) for row in linfen] == [(None, None)]
    assert linfen[0]["without_estimate"] == linfen[0]["leaves"] == linfen[0]["projects"]


def test_a_quarter_before_the_plan_has_no_rows(qingshan: Run):
    done = qingshan("rollup", "--plan", "xiaoyi", "--by", "programme", "--as-of", "2019Q4", "--format", "json")
    assert json.loads(done.stdout) == []


def test_by_planned_last_year_2022_holds_30_6_percent_of_projects_but_4_8_percent_of_the_money(qingshan: Run):
    rows = json.loads(qingshan("rollup", "--plan", "xiaoyi", "--by", "last_year", "--format", "json").stdout)
    first = rows[0]
    assert (first["last_year"], first["projects"], first["estimate_fen"]) == (2022, 11, 24_853_000_000)


@pytest.mark.parametrize("plan", PLANS)
def test_exports_hold_the_fields_of_the_contract(qingshan: Run, plan: str):
    projects = json.loads(qingshan("export", "projects", "--plan", plan, "--format", "json").stdout)
    assert projects
    for project in projects:
        assert project.keys() >= PROJECT_KEYS
        assert project["plan"] == plan
        assert project["source"]["file"] == f"{plan}.txt"
        first, last = project["source"]["lines"]
        assert 0 < first <= last
        for quantity in project["quantities"]:
            assert quantity.keys() >= {"measure", "value", "unit", "operator", "per"}
            assert isinstance(quantity["value"], str)
    indicators = json.loads(qingshan("export", "indicators", "--plan", plan).stdout)
    assert all(indicator.keys() >= INDICATOR_KEYS for indicator in indicators)
    for kind in ("commitments", "contradictions"):
        rows = json.loads(qingshan("export", kind, "--plan", plan).stdout)
        assert len({row["key"] for row in rows}) == len(rows) > 0


def test_the_package_is_exported_with_its_parts(qingshan: Run):
    projects = json.loads(qingshan("export", "projects", "--plan", "xiaoyi").stdout)
    package = next(project for project in projects if project["code"] == "xiaoyi-10")
    assert package["estimate_fen"] == 250_000_000_000
    assert [part["estimate_fen"] for part in package["parts"]] == [100_000_000_000, 80_000_000_000, 70_000_000_000]
    assert package["source"]["table"] == "表9-7"


def test_the_report_is_a_workbook_and_the_same_twice(qingshan: Run, tmp_path: Path):
    files = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for file in files:
        done = qingshan("report", "2024Q4", "--plan", "xiaoyi", "--out", str(file))
        assert (done.returncode, done.stdout) == (0, "")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(load_workbook(files[0]).sheetnames) >= 5
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_check_finds_nothing_and_loading_again_doubles_nothing(qingshan: Run):
    before = qingshan("rollup", "--format", "json").stdout
    assert qingshan("load-plans").returncode == 0
    assert qingshan("rollup", "--format", "json").stdout == before
    assert qingshan("check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rollup", "--as-of", "2024Q5"), "2024Q5"),
        (("rollup", "--by", "colour"), "colour"),
        (("rollup", "--level", "4"), "4"),
        (("rollup", "--plan", "nowhere"), "没有代码为“nowhere”的规划"),
        (("rollup", "--format", "xml"), "xml"),
        (("export", "everything", "--plan", "xiaoyi"), "everything"),
        (("export", "projects"), "--plan"),
        (("report", "2024Q5", "--plan", "xiaoyi", "--out", "never.xlsx"), "2024Q5"),
        (("report", "2019Q1", "--plan", "xiaoyi", "--out", "never.xlsx"), "2021"),
        (("load-plans", "atlantis"), "atlantis"),
        (("--by", "nobody", "rollup"), "nobody"),
        (("add-person", "wang", "--name", "王", "--role", "king"), "king"),
        (("no-such-command",), "no-such-command"),
    ],
)
def test_wrong_usage_says_what_was_wrong_and_exits_with_2(qingshan: Run, arguments: tuple[str, ...], said: str):
    done = qingshan(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_messages_come_in_english_when_asked(qingshan: Run):
    done = qingshan("rollup", "--as-of", "2024Q5", QINGSHAN_LANGUAGE="en")
    assert "2024Q5" in done.stderr
    assert "报告期" not in done.stderr


def test_a_wrong_setting_is_named(qingshan: Run):
    done = qingshan("rollup", QINGSHAN_TIMEZONE="Mars/Olympus")
    assert done.returncode == 2
    assert "QINGSHAN_TIMEZONE" in done.stderr


def test_a_database_without_tables_asks_for_migrate(tmp_path: Path):
    done = command(f"sqlite:///{tmp_path / 'empty.sqlite3'}")("rollup")
    assert done.returncode == 2
    assert "qingshan migrate" in done.stderr


def test_a_mistake_in_the_seed_files_is_a_finding_with_file_and_line(qingshan: Run, tmp_path: Path):
    import shutil

    from core.settings import settings

    folder = tmp_path / "plans"
    shutil.copytree(settings().seed_folder, folder)
    for name in ("jurisdictions.yaml", "funding_sources.yaml", "milestone_templates.yaml"):
        shutil.copy(settings().seed_folder.parent / name, tmp_path)
    file = folder / "xiaoyi" / "projects.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("unit: 亿元", "unit: 万亿元", 1), encoding="utf-8")
    done = qingshan("load-plans", QINGSHAN_SEED_FOLDER=str(folder))
    assert done.returncode == 1
    assert "projects.yaml:" in done.stderr


def test_a_person_is_added_and_a_command_can_act_as_that_person(qingshan: Run):
    done = qingshan("add-person", "limited", "--name", "李", "--role", "leader", "--plan", "tunliu")
    assert done.returncode == 0
    assert "/welcome/" in done.stdout
    rows = json.loads(qingshan("--by", "limited", "rollup", "--format", "json").stdout)
    assert [row["plan"] for row in rows] == ["tunliu"]
    assert qingshan("--by", "limited", "export", "projects", "--plan", "xiaoyi").returncode == 2
