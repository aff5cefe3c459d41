"""Targets and rules of an indicator, changed by document on their forms."""

import pytest
from fastapi import FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from core.calendar import current_quarter
from core.database import Database
from milestones.indicators import Target
from milestones.rule_setting import find_rule
from tests.databases import on_both, on_sqlite
from tests.milestones.reading_samples import indicator
from tests.reports.indicator_samples import FOREST
from tests.web.indicator_visits import ONE, PAPER, RULE, TARGET, sent, with_indicators
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app

database, sqlite_database = on_both(with_indicators), on_sqlite(with_indicators)


@pytest.fixture
def app(sqlite_database: Database) -> FastAPI:
    return create_app(sqlite_database)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return visitor_with_role(app, "office")


# ---- targets


def test_a_target_is_revised_by_document_and_the_old_text_stays(client: TestClient, sqlite_database: Database) -> None:
    fields = {"kind": "number", "printed": "森林覆盖率不低于35.2%", "operator": "≥", "value": "35.2"}
    without = sent(client, TARGET, **fields, **PAPER)
    assert set(errors_on(without)) == {"approver"}
    assert sent(client, TARGET, **fields, **PAPER, approver="吕梁市人民政府").status_code == 303
    text = client.get(ONE).text
    for words in ("森林覆盖率不低于35.2%", "完成市级下达指标", "吕梁市人民政府", PAPER["document"], "修订目标"):
        assert words in text, words
    with sqlite_database.reading() as session:
        rows = session.exec(select(Target).where(Target.indicator_id == indicator(session).id)).all()
        assert {(row.kind, row.effective_from, row.effective_until) for row in rows} == {
            ("delegated", 20211, 20231),
            ("number", 20231, None),
        }


def test_a_stale_target_shows_both_versions(client: TestClient) -> None:
    old = form_on(client.get(TARGET), TARGET)
    fields = {
        "kind": "number",
        "printed": "不低于35.2%",
        "operator": "≥",
        "value": "35.2",
        "approver": "市政府",
        **PAPER,
    }
    assert client.post(TARGET, data=old | fields).status_code == 303
    stale = client.post(TARGET, data=old | fields | {"value": "36", "request_key": "another"})
    assert stale.status_code == 409
    assert "两个版本对照" in stale.text
    assert any("35.2" in line[1] and "36" in line[2] for line in rows_on(stale) if len(line) == 3)


@pytest.mark.parametrize("quarter", ["2020Q4", "2023", "soon", ""])
def test_a_target_takes_effect_in_a_quarter_of_the_plan(client: TestClient, quarter: str) -> None:
    fields = {"kind": "keep", "printed": "不降低", "operator": "", "approver": "市政府"}
    answer = sent(client, TARGET, **fields, **(PAPER | {"from_quarter": quarter}))
    assert answer.status_code == 422
    assert set(errors_on(answer)) == {"from_quarter"}


# ---- rules


def test_a_rule_is_changed_by_document(client: TestClient, sqlite_database: Database) -> None:
    form = form_on(client.get(RULE), RULE)
    assert (form["measure-0"], form["factor-0"], form["tier-0"], form["lag-0"], form["whole"]) == (
        FOREST,
        "1",
        "verified",
        "0",
        "945.8",
    )
    wrong = client.post(RULE, data=form | {"factor-0": "一半", "whole_source": "", "document": "", **{"reason": ""}})
    assert wrong.status_code == 422
    assert {"factor-0", "whole_source", "document", "reason"} <= set(errors_on(wrong))
    assert (
        sent(client, RULE, **{"factor-0": "0.85", "lag-0": "3", "assumption-0": "三年成林"}, **PAPER).status_code == 303
    )
    with sqlite_database.reading() as session:
        held = find_rule(session, indicator(session).id or 0, current_quarter())
        before = find_rule(session, indicator(session).id or 0, 20224)
        assert held is not None
        assert before is not None
        assert [(str(share.factor), share.lag_years) for share in held.shares] == [("17/20", 3)]
        assert [(row.factor_numerator, row.factor_denominator) for row, _ in before.measures] == [(1, 1)]
    text = client.get(ONE).text
    assert "17/20" in text
    assert "三年成林" in text
    assert "以前的规则" in text
    nothing = sent(client, RULE, **PAPER)
    assert nothing.status_code == 409
    assert "没有需要修改的" in nothing.text


def test_a_row_of_the_rule_that_was_emptied_is_left_out(client: TestClient, sqlite_database: Database) -> None:
    second = {"measure-0": "", "measure-2": FOREST, "factor-2": "2/3", "tier-2": "surviving", "lag-2": "1"}
    assert sent(client, RULE, **second, **PAPER).status_code == 303
    with sqlite_database.reading() as session:
        held = find_rule(session, indicator(session).id or 0, current_quarter())
        assert held is not None
        assert [(str(share.factor), share.tier, share.lag_years) for share in held.shares] == [("2/3", "surviving", 1)]


def test_a_mistake_in_a_later_row_stands_at_that_row_when_the_form_comes_back(client: TestClient) -> None:
    answer = sent(client, RULE, **{"measure-2": "没有的指标", "tier-2": "verified"}, **PAPER)
    assert answer.status_code == 422
    assert set(errors_on(answer)) == {"measure-1"}
    assert form_on(answer, RULE)["measure-1"] == "没有的指标"
