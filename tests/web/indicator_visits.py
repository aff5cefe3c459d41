"""Visits to the page of one indicator: the app on the small plan with indicators, its forms sent as a browser would."""

from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from tests.databases import plant
from tests.milestones.reading_samples import indicator, plant_indicators
from tests.reports.indicator_samples import FOREST, put_rule
from tests.web.reading_pages import form_on

ONE, GRADE = "/indicators/qingshan/1", "/indicators/qingshan/4"
NEW, TARGET, RULE, DECIDE = (f"{ONE}/{end}" for end in ("readings/new", "target", "rule", "readings/decide"))
PAPER = {"document": "吕政发〔2023〕9号", "reason": "市级下达", "from_quarter": "2023Q1"}


def with_indicators(database: Database) -> None:
    plant(database)
    with database.writing() as session:
        plant_indicators(session)
        words = {"whole_name": "国土面积", "whole_source": "规划第42行", "assumption": "按1:1计入"}
        put_rule(session, indicator(session), {FOREST: 1}, whole=("945.8", "平方公里"), **words)


def sent(client: TestClient, address: str, **fields: str) -> Response:
    """The form of that address as a browser would send it."""
    return client.post(address, data=form_on(client.get(address), address) | fields)
