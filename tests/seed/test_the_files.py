"""The seed files themselves: complete as counted by hand, exact, and quoted rightly from the plan texts."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from core.money import fen_from_text
from core.settings import settings
from seed.checking import SeedFolder, flat, read_folder
from seed.texts import misquotes

PLANS = ("jinzhong", "linfen", "shanxi", "tunliu", "xiaoyi")


@pytest.fixture(scope="module")
def folders() -> dict[str, SeedFolder]:
    return {code: read_folder(settings().seed_folder / code) for code in PLANS}


@pytest.mark.parametrize("code", PLANS)
def test_every_quotation_stands_in_the_lines_it_cites(code: str, folders: dict[str, SeedFolder], plan_texts: Path):
    assert [str(problem) for problem in misquotes(folders[code], plan_texts)] == []


def test_xiaoyi_has_the_36_rows_of_table_9_7_and_38_leaves(folders: dict[str, SeedFolder]):
    projects = folders["xiaoyi"].projects.projects
    assert len(projects) == 36
    assert sum(len(project.parts) or 1 for project in projects) == 38
    assert [project.key for project in projects if project.parts] == ["xiaoyi-10"]
    for project in projects:
        assert project.cite.table == "表9-7"
        assert None not in (project.estimate, project.lead_department, project.implementing_body, project.first_year)


def test_xiaoyi_estimates_add_up_to_51_4303_yi_exactly(folders: dict[str, SeedFolder]):
    seed = folders["xiaoyi"]
    top = {below.key: programme.name for programme in seed.plan.programmes for below in flat([programme])}
    sums: Counter[str] = Counter()
    for project in seed.projects.projects:
        assert project.estimate is not None
        sums[top[project.programme]] += fen_from_text(project.estimate.value, project.estimate.unit)
    assert sum(sums.values()) == 514_303_000_000
    in_yi = {name: Decimal(fen) / 10_000_000_000 for name, fen in sums.items()}
    assert in_yi == {
        "山水林田湖草系统保护与治理工程": Decimal("17.2"),
        "流域生态治理修复": Decimal("26.0953"),
        "大气环境治理工程": Decimal("1.05"),
        "环境风险防控重点工程": Decimal("0.645"),
        "生态经济重点工程": Decimal("6.25"),
        "生态文明制度工程": Decimal("0.19"),
    }


def test_the_25_yi_package_has_its_three_parts(folders: dict[str, SeedFolder]):
    package = folders["xiaoyi"].projects.projects[9]
    assert package.estimate is not None
    assert (package.estimate.value, package.estimate.unit) == ("25", "亿元")
    assert [(part.estimate.value, part.estimate.unit) for part in package.parts if part.estimate] == [
        ("100000", "万元"),
        ("80000", "万元"),
        ("70000", "万元"),
    ]


def test_every_row_of_table_9_7_names_its_twin_in_tables_9_1_to_9_6(folders: dict[str, SeedFolder]):
    for project in folders["xiaoyi"].projects.projects:
        assert len(project.twins) == 1, project.key
        assert project.twins[0].table in {f"表9-{number}" for number in range(1, 7)}


def test_the_environment_bureau_leads_19_projects_and_the_government_4(folders: dict[str, SeedFolder]):
    leads = Counter(project.lead_department for project in folders["xiaoyi"].projects.projects)
    assert leads["吕梁市生态环境局孝义分局"] == 19
    assert leads["孝义市人民政府"] == 4


@pytest.mark.parametrize(("code", "count"), [("xiaoyi", 23), ("linfen", 23), ("tunliu", 25), ("jinzhong", 23)])
def test_every_numbered_indicator_is_there_once_in_order(code: str, count: int, folders: dict[str, SeedFolder]):
    numbers = [indicator.no for indicator in folders[code].indicators.indicators]
    assert numbers == [str(number) for number in range(1, count + 1)]


def test_xiaoyi_forest_cover_is_delegated_with_the_number_of_the_body_as_reference(folders: dict[str, SeedFolder]):
    cover = folders["xiaoyi"].indicators.indicators[1]
    assert (cover.name, cover.baseline.value, cover.target.kind) == ("森林覆盖率", "33.25", "delegated")
    assert cover.reference_target is not None
    assert (cover.reference_target.operator, cover.reference_target.value) == ("≥", "35")
    assert cover.reference_target.cite.lines == [336, 336]
    assert folders["xiaoyi"].plan.area_km2 == "945.8"


def test_xiaoyi_baselines_in_another_unit_say_so(folders: dict[str, SeedFolder]):
    other = [i.no for i in folders["xiaoyi"].indicators.indicators if i.baseline.unit not in (None, i.unit)]
    assert other == ["12", "13", "14", "15", "22"]


def test_erosion_control_and_soil_conservation_of_shanxi_are_two_indicators(folders: dict[str, SeedFolder]):
    names = [indicator.name for indicator in folders["shanxi"].indicators.indicators]
    assert any("水土保持率" in name for name in names)
    assert any("水土流失治理度" in name for name in names)


def test_only_xiaoyi_states_money_and_departments(folders: dict[str, SeedFolder]):
    for code in set(PLANS) - {"xiaoyi"}:
        for project in folders[code].projects.projects:
            assert project.estimate is None, project.key
            assert project.implementing_body is None, project.key


def test_jinzhong_is_marked_as_a_draft(folders: dict[str, SeedFolder]):
    assert [code for code in PLANS if folders[code].plan.draft] == ["jinzhong"]


def test_every_plan_has_commitments_and_contradictions_with_all_readings_cited(folders: dict[str, SeedFolder]):
    for code in PLANS:
        assert len(folders[code].commitments.commitments) >= 10, code
        for contradiction in folders[code].contradictions.contradictions:
            assert len(contradiction.readings) >= 2, contradiction.key
    found = folders["xiaoyi"].contradictions.contradictions
    assert len(found) > 50
    assert sum(1 for contradiction in found if contradiction.grave) >= 5
