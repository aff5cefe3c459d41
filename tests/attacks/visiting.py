"""Every page of the app with the addresses of real records, for tests that go to all of them."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from sqlmodel import Session, select

from core.database import Database
from core.people import Person
from portfolio.grants import Grant

# By what an address begins with, the longest first: where its parts come from. What is no query stands for itself.
_RETURN = "SELECT id FROM department_return WHERE no_progress_reason IS NOT NULL OR id > 20 ORDER BY id DESC"
_SITE = "SELECT project.code, project_site.id FROM project_site JOIN project ON project.id = project_site.project_id"
_TARGET = (
    "SELECT project.code, performance_target.id, performance_target.key FROM performance_target"
    " JOIN project ON project.id = performance_target.project_id"
)
_QUANTITY = "SELECT project.code, quantity.id FROM quantity JOIN project ON project.id = quantity.project_id"
_READING = (
    "SELECT plan.code, indicator.no, official_reading.id FROM official_reading"
    " JOIN indicator ON indicator.id = official_reading.indicator_id JOIN plan ON plan.id = indicator.plan_id"
)
PARTS: dict[str, str] = {
    "/account/sign-ins/{handle}": "SELECT substr(token_hash, 1, 16) FROM sign_in",
    "/account/tokens/{token_id}": "SELECT id FROM api_token",
    "/account/delegations/{rest}": "SELECT 'x'",
    "/acting/{rest}": "SELECT 'x'",
    "/audit/{id_}": "SELECT id FROM audit_entry ORDER BY id DESC",
    "/api/v1/editions/{number}": "SELECT number FROM edition",
    "/api/v1/ledger/{id_}": "SELECT id FROM ledger_entry GROUP BY kind, state",
    "/api/v1/milestones/reports/{id_}": "SELECT id FROM milestone_report GROUP BY state",
    "/api/v1/milestones/{id_}": "SELECT id FROM milestone ORDER BY id DESC",
    "/api/v1/works/{id_}": "SELECT id FROM work_entry GROUP BY kind, state",
    "/api/v1/projects/{code}": "SELECT code, 2024 FROM project",
    "/api/v1/reports/{plan}/{period}": "SELECT 'xiaoyi', '2025Q2'",
    "/api/v1/{kind}": "SELECT 'projects'",
    "/contradictions/{contradiction_id}": "SELECT id FROM contradiction",
    "/corrections/{id_}": "SELECT id FROM correction",
    "/coverage/{code}/{no}": "SELECT 'xiaoyi', no FROM indicator",
    "/departments/{department_id}": "SELECT department_id FROM project_body",
    "/editions/{number}/file.{kind}": "SELECT number, 'xlsx' FROM edition",
    "/editions/{number}": "SELECT number FROM edition",
    "/evidence/on/{subject}/{subject_id}": "SELECT subject, subject_id FROM attachment",
    "/evidence/{id_}": "SELECT id FROM attachment",
    "/indicators/{code}/{no}/readings/{id_}": _READING,
    "/indicators/{code}/{no}": "SELECT 'xiaoyi', no FROM indicator",
    "/jobs/{job_id}": "SELECT id FROM job",
    "/meetings/{id_}": "SELECT id FROM meeting",
    "/milestones/reports/{id_}": "SELECT id FROM milestone_report ORDER BY id DESC",
    "/milestones/templates/{id_}": "SELECT id FROM milestone_template",
    "/milestones/{id_}": "SELECT id FROM milestone ORDER BY id DESC",
    "/money/import/{id_}": "SELECT id FROM ledger_import",
    "/money/ledger/{id_}": "SELECT id FROM ledger_entry ORDER BY id DESC",
    "/money/sources/{source_id}": "SELECT id FROM funding_source",
    "/money/warnings/{rule}/{code}/{source}": "SELECT 'outside_years', 'xiaoyi-08', 0",
    "/orders/answers/{id_}": "SELECT id FROM order_answer",
    "/orders/{id_}": "SELECT id FROM supervision_order",
    "/people/{person_id}/identities/{rest}": "SELECT person_id FROM identity",
    "/people/{person_id}": "SELECT id FROM person",
    "/plans/{code}/links/{id_}": "SELECT 'xiaoyi', id FROM programme_link",
    "/plans/{code}": "SELECT 'xiaoyi'",
    "/projects/{code}/budget/{span}": "SELECT project.code, '2024' FROM project",
    "/projects/{code}/performance/results/{year}/{key}": _TARGET.replace("performance_target.id", "2024"),
    "/projects/{code}/performance/{target_id}": _TARGET,
    "/projects/{code}/quantities/{quantity_id}": _QUANTITY,
    "/projects/{code}/sites/{site_id}": _SITE,
    "/projects/{code}": "SELECT code FROM project",
    "/quarter/returns/{id_}": _RETURN,
    "/quarter/{code}/{name}": "SELECT 'xiaoyi', '2025Q4'",
    "/returns/{id_}/workbook/{upload_id}": "SELECT return_id, id FROM return_upload",
    "/returns/{id_}/projects/{code}": (
        "SELECT department_return.id, project.code FROM department_return"
        " JOIN project_body ON project_body.department_id = department_return.department_id"
        " JOIN project ON project.id = project_body.project_id WHERE role = 'lead' ORDER BY department_return.id DESC"
    ),
    "/returns/{id_}/grid/{sheet}": "SELECT min(id), 'work' FROM department_return WHERE state = 'draft'",
    "/returns/{id_}/submit": "SELECT min(id) FROM department_return WHERE state = 'draft'",
    "/returns/{id_}": _RETURN,
    "/rules/lamps/{code}/{kind}": "SELECT 'xiaoyi', kind FROM lamp_rule_set",
    "/sent-back/{kind}/{id_}": "SELECT 'ledger', id FROM ledger_entry WHERE state = 'rejected'",
    "/welcome/{token}": "SELECT 'nothing'",
    "/works/{id_}": "SELECT id FROM work_entry WHERE state = 'approved' AND tier = 'claimed' AND kind = 'entry'",
}
# What a page wants to be asked with.
ASKED = {
    "/api/v1/returns": "?plan=xiaoyi&period=2025Q2",
    "/meetings/new": "?plan=xiaoyi",
    "/reports/view": "?scope=plan&plan=xiaoyi&period=2025Q2",
    "/reports/workbook": "?scope=plan&plan=xiaoyi&period=2025Q2",
    "/plans/{code}/report": "?period=2025Q2",
    "/plans/{code}/finance-report": "?period=2025Q2",
    "/editions/compare": "?a=1&b=2",
    "/corrections/new": "?project=xiaoyi-01",
    "/money/figure": "?figure=investment_completion&plan=xiaoyi",
    "/progress/rows": "?figure=count&plan=xiaoyi",
}
_PART = re.compile(r"\{(\w+)(?::\w+)?\}")


def all_routes(app: FastAPI) -> Iterator[RouteContext]:
    """Every route of the app with its whole path."""
    return iter(iter_route_contexts(app.router.routes))


def paths(app: FastAPI, method: str = "GET") -> list[str]:
    """The pattern of every path that takes this method, each once."""
    found = {_plain(route.path): None for route in all_routes(app) if method in (getattr(route, "methods", None) or ())}
    return list(found)


def _plain(path: str) -> str:
    return _PART.sub(r"{\1}", path)


def addresses(database: Database, path: str, count: int = 1) -> list[str]:
    """Addresses of a path with real records in it. Errors: AssertionError for a path that nobody has thought of."""
    asked = ASKED.get(path, "?plan=xiaoyi" if path.startswith("/api/v1/") else "")
    if "{" not in path:
        return [f"{path}{asked}"]
    begins = [one for one in PARTS if path == one or path.startswith((f"{one}/", f"{one}."))]
    assert begins, f"no records for {path}: say in tests/attacks/visiting.py where they come from"
    with sqlite3.connect(str(database.url.database)) as raw:
        rows = raw.execute(f"{PARTS[max(begins, key=len)]} LIMIT {count}").fetchall()
    raw.close()
    return [f"{_with(path, row)}{asked}" for row in rows]


def _with(path: str, row: tuple[Any, ...]) -> str:
    values = iter(row)
    return _PART.sub(lambda _: str(next(values, "x")), path)


def everybody_at_once(session: Session) -> Person:
    """One person with every role of the demonstration, who therefore sees every page."""
    person = session.exec(select(Person).where(Person.username == "demo-office")).one()
    for grant in session.exec(select(Grant)).all():
        grant.person_id = person.id or 0
    session.flush()
    return person


def file_of(database: Database) -> Path:
    return Path(str(database.url.database))
