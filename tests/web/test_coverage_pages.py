"""Coverage as a leader and an engineer read it: the finding, the bars, the rows that sum, what was left out and why."""

import re

import pytest
from starlette.testclient import TestClient

from core.database import Database
from tests.databases import on_sqlite
from tests.web.coverage_visits import AS_OF, COVERAGE, FIGURE, covered_app, with_coverage
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor_with_role

database = on_sqlite(with_coverage)


@pytest.fixture
def client(database: Database) -> TestClient:
    return visitor_with_role(covered_app(database), "leader")


def plain(text: str) -> str:
    """The words of a page without its tags and line ends."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


def row_with(answer: object, name: str) -> list[str]:
    return next(row for row in rows_on(answer) if any(name in cell for cell in row[:2]))  # type: ignore[arg-type]


def test_the_title_says_what_the_projects_give_and_what_is_missing(client: TestClient) -> None:
    answer = client.get(COVERAGE)
    assert answer.status_code == 200
    assert "青山县森林覆盖率：项目全部完成只能支撑到 33.88%，还需营造林 15,827 亩" in answer.text
    assert 'class="target-mark"' in answer.text
    assert 'class="low-mark"' in answer.text
    assert "低值 5,000 亩" in plain(answer.text)
    assert 'href="/contradictions/1' in answer.text
    assert "style=" not in answer.text


def test_the_table_gives_every_tier_and_the_reference_target_is_labelled(client: TestClient) -> None:
    answer = client.get(COVERAGE)
    row = row_with(answer, "森林覆盖率")
    assert "按正文值" in row[0]
    assert [cell.strip() for cell in row[1:11]] == [
        "▼ 不足", "亩", "24,827.25", "9,000", "—", "1,500", "1,500", "未检查", "15,827.25", "36.25%",
    ]  # fmt: skip
    assert "20.14%" in row[11]
    assert "三北防护林" in row[12]
    assert "可能重复" in row[12]


def test_counts_are_of_verdicts_and_never_one_percentage(client: TestClient) -> None:
    rows = rows_on(client.get(COVERAGE))
    assert ["qingshan", "1", "0", "1", "1", "0"] in [[cell.strip() for cell in row] for row in rows]
    (programme,) = [row for row in rows if "森林覆盖率" in row[-1] and len(row) == 6]
    assert [cell.strip() for cell in programme[1:5]] == ["1", "0", "0", "0"]


def test_what_is_not_computable_says_why_and_binding_ones_stand_first(client: TestClient) -> None:
    answer = client.get(COVERAGE)
    assert "待上级下达" in row_with(answer, "生态质量指数")[-1]
    assert "基线已达到目标" in row_with(answer, "黑臭水体比例")[-1]
    assert answer.text.index("生态质量指数") < answer.text.index("黑臭水体比例")


def test_the_page_is_narrowed_by_verdict(client: TestClient) -> None:
    answer = client.get(f"{COVERAGE}&verdict=already-met")
    assert not any("生态质量指数" in row[0] for row in rows_on(answer))
    assert row_with(answer, "黑臭水体比例")
    refused = client.get(f"{COVERAGE}&verdict=splendid")
    assert refused.status_code == 422
    assert "结论" in refused.text


def test_a_figure_opens_into_its_formula_its_rows_and_what_was_left_out(client: TestClient) -> None:
    answer = client.get(FIGURE)
    text = plain(answer.text)
    assert "(33.25% × 945.8 平方公里 + 9,000 亩) ÷ 945.8 平方公里 = 33.8844%" in text
    assert "(33.25% × 945.8 平方公里 + 5,000 亩) ÷ 945.8 平方公里 = 33.6024%" in text
    assert "9,000 ÷ 24,827.25 亩 = 36.25%" in text
    rows = rows_on(answer)
    total = next(row for row in rows if row[0].strip() == "合计")
    assert [cell.strip() for cell in total[-2:]] == ["6", "1"]
    left = {row[0].strip(): row for row in rows if row[0].strip() in ("推算规则不计入这项工程量", "未接收")}
    assert "退化林修复面积" in left["推算规则不计入这项工程量"][2]
    assert [cell.strip() for cell in left["未接收"][3:]] == ["1", "700", "亩"]


def test_before_anything_was_verified_nothing_is_rolled_up_because_null_is_not_the_baseline(client: TestClient) -> None:
    text = plain(client.get(FIGURE.replace("2024Q4", "2023Q2")).text)
    assert "= 33.25%" not in text
    assert "推算值未填报 尚无计入的工程量" in text.replace("\n", "")
    assert "非本期" in text
    row = row_with(client.get(f"/indicators?plan=qingshan&{AS_OF.replace('2024Q4', '2023Q2')}"), "森林覆盖率")
    assert row[8].strip() == "未填报"
    page = plain(client.get(f"/indicators/qingshan/1?{AS_OF.replace('2024Q4', '2023Q2')}").text)
    assert "尚无计入的工程量" in page


@pytest.mark.parametrize("address", ["/coverage?plan=nowhere", "/coverage/qingshan/99", "/coverage/nowhere/1"])
def test_what_is_not_there(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_who_sees_nothing_of_a_plan_finds_nothing(database: Database) -> None:
    client = visitor_with_role(covered_app(database), "admin")
    assert client.get(FIGURE).status_code == 404
    assert "森林覆盖率" not in client.get("/coverage").text


def test_the_pages_speak_english_with_the_words_of_the_plan_marked(client: TestClient) -> None:
    for address in (COVERAGE, FIGURE, f"/indicators/qingshan/1?{AS_OF}"):
        answer = client.get(f"{address}&lang=en")
        assert answer.status_code == 200
        assert '<html lang="en">' in answer.text
        assert '<span lang="zh">森林覆盖率</span>' in answer.text


def test_the_indicator_page_draws_the_five_series_with_a_table(client: TestClient) -> None:
    answer = client.get(f"/indicators/qingshan/1?{AS_OF}")
    for kind in ("series-rolled", "series-finished", "series-straight", "series-low", "series-kept", "series-band"):
        assert f'"{kind}"' in answer.text or f" {kind}" in answer.text, kind
    assert "青山县森林覆盖率：项目全部完成只能支撑到 33.88%" in answer.text
    rows = [[cell.strip() for cell in row] for row in rows_on(answer)]
    # 1 km² was verified in 2023; the straight line leads from 33.25 % in 2020 to 35 % in 2025.
    assert ["2022年第4季度", "—", "—", "33.95"] in rows
    assert ["2024年第4季度", "—", "33.3557", "34.65"] in rows
    assert ["规划支撑值", "33.8844"] in rows
    assert ["任务目标值（低值）", "—"] in rows


def test_the_list_of_indicators_has_the_figures_and_a_filter_by_verdict(client: TestClient) -> None:
    answer = client.get(f"/indicators?plan=qingshan&{AS_OF}")
    row = row_with(answer, "森林覆盖率")
    assert [cell.strip() for cell in row[7:12]] == ["—", "33.3557", "33.8844", "36.3%", "▼ 不足"]
    assert answer.text.index("生态质量指数") < answer.text.index("森林覆盖率</a>")  # 约束性 first
    narrowed = rows_on(client.get(f"/indicators?plan=qingshan&{AS_OF}&verdict=short"))
    assert [row[1].strip()[:5] for row in narrowed if len(row) > 9 and row[0].strip().isdigit()] == ["森林覆盖率"]
