"""Every way in that writes leaves entries in the audit trail: read from the source, so that a new one without them fails."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import web.tables  # noqa: F401 (every kind of record that the trail may speak of)
from core import audit
from core.audit import SCOPES
from core.settings import ROOT
from reports.audit_scopes import SUBJECTS
from tests.architecture.calls import FOLDERS, reaches
from web.app import ROUTERS
from web.cli import app as commands
from web.deps import SAFE_METHODS
from web.job_handlers import HANDLERS
from web.printed import ACTS

WRITES = (("core.audit", "record"), ("core.audit", "record_all"))
# Reading that is told because of what it takes away, and the way back from a provider, which signs in.
TOLD = {
    *("/sign-in/oidc/callback", "/api/v1/ledger"),
    *("/audit.csv", "/audit.xlsx", "/money/ledger.csv", "/money/ledger.xlsx", "/reports/workbook"),
    *("/projects.csv", "/projects.xlsx", "/works.csv", "/money/pivot.csv", "/money/pivot.xlsx"),
    *("/projects/{code}/performance.xlsx", "/plans/{code}/carry-over.xlsx"),
    *("/plans/{code}/report", "/plans/{code}/finance-report", "/returns/{id_}/workbook/{upload_id}/marked"),
}
# Commands that only read, and `audit seal`, whose seal is itself the record of who sealed what and when.
READING = {
    *("check-migrations", "rollup", "indicators", "check", "lamps", "progress", "doctor", "audit head", "audit seal"),
    *("backup verify", "backup list", "edition list", "edition save", "edition compare", "period list", "return check"),
    "token list",
}
# A move copies the trail itself: one entry more, and the copies would differ.
COPYING = {"migrate-database"}
# A second factor that is begun counts for nothing until it is confirmed, which is told.
BEGINNING = {"/sign-in/factor/begin"}
# Jobs that only look, or read a file into a stage where nothing counts until somebody takes it in.
STAGING = {"check", "read-import", "read-return"}


def _place(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _routes() -> Iterator[Any]:
    return (route for router in ROUTERS for route in router.routes if getattr(route, "endpoint", None))


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in group.registered_commands:
        yield before + (command.name or command.callback.__name__), command.callback
    for inner in group.registered_groups:
        yield from _commands(inner.typer_instance, f"{before}{inner.name} ")


WRITING = [route for route in _routes() if set(route.methods or ()) - SAFE_METHODS]
ASKING = [route for route in _routes() if not set(route.methods or ()) - SAFE_METHODS]


@pytest.mark.parametrize("route", WRITING, ids=lambda route: route.path)
def test_every_route_that_writes_leaves_entries(route: Any) -> None:
    assert route.path in BEGINNING or reaches(_place(route.endpoint), *WRITES)


def test_of_the_routes_that_read_exactly_the_sensitive_exports_are_told() -> None:
    found = {route.path for route in ASKING if reaches(_place(route.endpoint), *WRITES)}
    assert {path for path in found if not path.startswith("/system")} == TOLD


@pytest.mark.parametrize(("name", "command"), list(_commands(commands)), ids=[name for name, _ in _commands(commands)])
def test_every_command_that_writes_leaves_entries(name: str, command: Callable[..., Any]) -> None:
    assert name in READING | COPYING or reaches(_place(command), *WRITES)


def test_the_list_of_commands_that_only_read_is_not_stale() -> None:
    assert {name for name, _ in _commands(commands)} >= READING | COPYING


@pytest.mark.parametrize("kind", HANDLERS)
def test_every_job_that_writes_leaves_entries(kind: str) -> None:
    assert kind in STAGING or reaches(_place(HANDLERS[kind]), *WRITES)


# ---- what the entries are called


def _said(place: int) -> set[str]:
    """The texts that the source gives as the action (0) or the kind of record (1) of an entry."""
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                skip = {"record": 1, "as_row": 0, "tell_export": None}.get(name)
                of_audit = not isinstance(node.func, ast.Attribute) or getattr(node.func.value, "id", "") == "audit"
                if skip is None or not of_audit or len(node.args) <= skip + place:
                    continue
                given = node.args[skip + place]
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    found.add(given.value)
    return found


def test_every_action_and_every_kind_of_record_has_a_name() -> None:
    actions, subjects = _said(0), _said(1)
    assert len(actions) > 20
    assert len(subjects) > 10
    assert actions - set(ACTS) == set()
    assert subjects - set(SUBJECTS) == set()
    assert set(SCOPES) <= set(SUBJECTS)
    assert audit.SCOPES is SCOPES
