"""Addresses of the records of a plan: what stands in the place of each name in the path of a route."""

import re
from collections.abc import Mapping

from sqlalchemy import text

from core.database import Database
from web.assets import assets

# The record of each kind that stands in paths, by the plan; those with a state are the ones that a form may do something with.
_PROJECT = "(SELECT id FROM project WHERE plan_id = :plan AND code LIKE '%-01')"
_OF_FOREST = f"WHERE project_id = {_PROJECT}"
_DEPARTMENT = "(SELECT lead_id FROM project_listing WHERE plan_id = :plan AND code LIKE '%-01')"
_RETURN = f"(SELECT min(id) FROM department_return WHERE plan_id = :plan AND department_id = {_DEPARTMENT})"
_OWNER = "(SELECT id FROM person WHERE username = (SELECT code FROM plan WHERE id = :plan) || '-owner')"
KINDS: Mapping[str, str] = {
    "plan": "SELECT code FROM plan WHERE id = :plan",
    "project": "SELECT code FROM project WHERE plan_id = :plan AND code LIKE '%-01'",
    "project with a draft": "SELECT code FROM project WHERE plan_id = :plan AND code LIKE '%-03'",
    "project number": f"SELECT {_PROJECT}",
    "programme": "SELECT min(id) FROM programme WHERE plan_id = :plan",
    "quantity": f"SELECT min(id) FROM quantity {_OF_FOREST}",
    "site": f"SELECT min(id) FROM project_site {_OF_FOREST}",
    "performance target": f"SELECT min(id) FROM performance_target {_OF_FOREST}",
    "entry": f"SELECT min(id) FROM ledger_entry {_OF_FOREST} AND state = 'approved' AND stage = 'paid'",
    "entry that waits": f"SELECT min(id) FROM ledger_entry {_OF_FOREST} AND state = 'submitted'",
    "entry in draft": f"SELECT max(id) FROM ledger_entry {_OF_FOREST} AND state = 'draft'",
    "entry sent back": f"SELECT max(id) FROM ledger_entry {_OF_FOREST} AND state = 'rejected' AND stage = 'received'",
    "budget line": f"SELECT min(id) FROM budget_line {_OF_FOREST} AND state = 'submitted'",
    "milestone": f"SELECT max(id) FROM milestone {_OF_FOREST}",
    "report": f"SELECT min(r.id) FROM milestone_report r JOIN milestone m ON m.id = r.milestone_id {_OF_FOREST}",
    "report in draft": f"SELECT max(r.id) FROM milestone_report r JOIN milestone m ON m.id = r.milestone_id {_OF_FOREST}",
    "work": f"SELECT min(id) FROM work_entry {_OF_FOREST} AND state = 'approved'",
    "work that waits": f"SELECT max(id) FROM work_entry {_OF_FOREST} AND state = 'submitted'",
    "work in draft": f"SELECT max(id) FROM work_entry {_OF_FOREST} AND state = 'draft'",
    "verified work": f"SELECT max(id) FROM work_entry {_OF_FOREST} AND tier = 'verified'",
    "evidence": f"SELECT min(id) FROM attachment WHERE subject = 'project' AND subject_id = {_PROJECT}",
    "indicator": "SELECT no FROM indicator WHERE plan_id = :plan",
    "reading": (
        "SELECT min(r.id) FROM official_reading r JOIN indicator i ON i.id = r.indicator_id WHERE i.plan_id = :plan"
    ),
    "reading in draft": (
        "SELECT max(r.id) FROM official_reading r JOIN indicator i ON i.id = r.indicator_id WHERE i.plan_id = :plan"
    ),
    "contradiction": "SELECT id FROM contradiction WHERE plan_id = :plan",
    "department": f"SELECT {_DEPARTMENT}",
    "link": ("SELECT l.id FROM programme_link l JOIN programme p ON p.id = l.programme_id WHERE p.plan_id = :plan"),
    "return": f"SELECT {_RETURN}",
    "upload": f"SELECT id FROM return_upload WHERE return_id = {_RETURN}",
    "correction": "SELECT id FROM correction WHERE plan_id = :plan",
    "order": "SELECT id FROM supervision_order WHERE plan_id = :plan",
    "answer": ("SELECT a.id FROM order_answer a JOIN supervision_order o ON o.id = a.order_id WHERE o.plan_id = :plan"),
    "meeting": "SELECT id FROM meeting WHERE plan_id = :plan",
    "meeting item": "SELECT i.id FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id WHERE m.plan_id = :plan",
    "edition": "SELECT number FROM edition WHERE plan_id = :plan",
    "import": "SELECT id FROM ledger_import WHERE plan_id = :plan",
    "job": f"SELECT id FROM job WHERE created_by_id = {_OWNER}",
    "person": f"SELECT {_OWNER}",
    "grant": f"SELECT id FROM role_grant WHERE person_id = {_OWNER}",
    "identity": f"SELECT id FROM identity WHERE person_id = {_OWNER}",
    "sign-in": f"SELECT substr(token_hash, 1, 16) FROM sign_in WHERE person_id = {_OWNER}",
    "token": f"SELECT id FROM api_token WHERE person_id = {_OWNER}",
    "delegation": f"SELECT id FROM delegation WHERE from_person_id = {_OWNER}",
    "audit entry": f"SELECT min(id) FROM audit_entry WHERE subject = 'project' AND subject_id = {_PROJECT}",
    "source": "SELECT min(id) FROM funding_source",
    "template": "SELECT min(id) FROM milestone_template",
}
# What stands at the end of the beginning of a path; the longest beginning that is here, or the whole path, says it.
# "=x" is x itself.
PLACES: Mapping[str, str] = {
    "/account/sign-ins/{handle}": "sign-in",
    "/api/v1/editions/{number}": "edition",
    "/api/v1/reports/{plan}": "plan",
    "/api/v1/reports/{plan}/{period}": "=2024Q2",
    "/api/v1/ledger/{id_}": "entry",
    "/api/v1/milestones/reports/{id_}": "report",
    "/api/v1/milestones/{id_}": "milestone",
    "/api/v1/projects/{code}": "project",
    "/api/v1/projects/{code}/performance/{year}": "=2024",
    "/api/v1/works/{id_}": "work",
    "/account/delegations/{delegation_id}": "delegation",
    "/account/delegations/{rest:path}": "=1/end",
    "/account/tokens/{token_id}": "token",
    "/acting/{delegation_id}": "delegation",
    "/acting/{rest}": "=end",
    "/audit/{id_}": "audit entry",
    "/contradictions/{contradiction_id}": "contradiction",
    "/corrections/{id_}": "correction",
    "/coverage/{code}": "plan",
    "/coverage/{code}/{no}": "indicator",
    "/departments/{department_id}": "department",
    "/editions/{number}": "edition",
    "/editions/{number}/file.{kind}": "=json",
    "/evidence/on/{subject}": "=project",
    "/evidence/on/{subject}/{subject_id}": "project number",
    "/evidence/{id_}": "evidence",
    "/indicators/{code}": "plan",
    "/indicators/{code}/{no}": "indicator",
    "/indicators/{code}/{no}/readings/{id_}": "reading",
    "/indicators/{code}/{no}/readings/{id_}/edit": "reading in draft",
    "/indicators/{code}/{no}/readings/{id_}/discard": "reading in draft",
    "/jobs/{job_id}": "job",
    "/meetings/{id_}": "meeting",
    "/milestones/reports/{id_}": "report",
    "/milestones/reports/{id_}/edit": "report in draft",
    "/milestones/reports/{id_}/submit": "report in draft",
    "/milestones/reports/{id_}/discard": "report in draft",
    "/milestones/templates/{id_}": "template",
    "/milestones/{id_}": "milestone",
    "/money/import/{id_}": "import",
    "/money/ledger/{id_}": "entry",
    "/money/ledger/{id_}/edit": "entry in draft",
    "/money/ledger/{id_}/submit": "entry in draft",
    "/money/ledger/{id_}/discard": "entry in draft",
    "/money/ledger/{id_}/approve": "entry that waits",
    "/money/ledger/{id_}/reject": "entry that waits",
    "/money/sources/{source_id}": "source",
    "/money/warnings/{rule}": "=paid_over_received",
    "/money/warnings/{rule}/{code}": "project",
    "/money/warnings/{rule}/{code}/{source}": "source",
    "/orders/answers/{id_}": "answer",
    "/orders/{id_}": "order",
    "/people/{person_id}": "person",
    "/people/{person_id}/identities/{identity_id}": "identity",
    "/people/{person_id}/identities/{rest:path}": "=1/unlink",
    "/people/{person_id}/delegations/{delegation_id}": "delegation",
    "/people/{person_id}/delegations/{rest:path}": "=1/end",
    "/people/{person_id}/tokens/{token_id}": "token",
    "/people/{person_id}/tokens/{rest:path}": "=1/revoke",
    "/people/{person_id}/roles/{grant_id}": "grant",
    "/people/{person_id}/roles/{rest:path}": "=1/withdraw",
    "/people/{person_id}/sign-ins/{handle}": "sign-in",
    "/people/{person_id}/sign-ins/{rest:path}": "=end-all",
    "/plans/{code}": "plan",
    "/plans/{code}/links/{id_}": "link",
    "/projects/{code}": "project",
    "/projects/{code}/budget/drafts": "project with a draft",
    "/projects/{code}/budget/{span}": "=2025",
    "/projects/{code}/performance/results/{year}": "=2024",
    "/projects/{code}/performance/results/{year}/{key}": "=p1",
    "/projects/{code}/performance/{target_id}": "performance target",
    "/projects/{code}/quantities/{quantity_id}": "quantity",
    "/projects/{code}/sites/{site_id}": "site",
    "/quarter/returns/{id_}": "return",
    "/quarter/{code}": "plan",
    "/quarter/{code}/{name}": "=2025Q4",
    "/quarter/{code}/{name}/reopen": "=2024Q2",
    "/quarter/{code}/{name}/issue": "=2024Q2",
    "/quarter/{code}/{name}/pack": "=2024Q2",
    "/returns/{id_}": "return",
    "/returns/{id_}/grid/{sheet}": "=work",
    "/returns/{id_}/projects/{code}": "project",
    "/returns/{id_}/workbook/{upload_id}": "upload",
    "/rules/lamps/{code}": "plan",
    "/rules/lamps/{code}/{kind}": "=lag",
    "/sent-back/{kind}": "=ledger",
    "/sent-back/{kind}/{id_}": "entry sent back",
    "/static/{path:path}": "asset",
    "/vendor/{path:path}": "=htmx-2.0.10/htmx.min.js",
    "/welcome/{token}": "=a-token-that-was-never-made",
    "/works/{id_}": "work",
    "/works/{id_}/edit": "work in draft",
    "/works/{id_}/submit": "work in draft",
    "/works/{id_}/discard": "work in draft",
    "/works/{id_}/accept": "work that waits",
    "/works/{id_}/send-back": "work that waits",
    "/works/{id_}/survival": "verified work",
}
# What a route must be told besides its path to come to the record of a plan: in the query, and in the form of a write.
_OF_PLAN = {"plan": "{plan}"}
TOLD: Mapping[str, Mapping[str, str]] = {
    "/api/v1/indicators": _OF_PLAN,
    "/api/v1/ledger": _OF_PLAN,
    "/api/v1/budget-lines": _OF_PLAN,
    "/api/v1/commitments": _OF_PLAN,
    "/api/v1/contradictions": _OF_PLAN,
    "/api/v1/corrections": _OF_PLAN,
    "/api/v1/coverage": _OF_PLAN,
    "/api/v1/coverage/programmes": _OF_PLAN,
    "/api/v1/departments": _OF_PLAN,
    "/api/v1/forecast": _OF_PLAN,
    "/api/v1/map": _OF_PLAN,
    "/api/v1/meetings": _OF_PLAN,
    "/api/v1/milestones": _OF_PLAN,
    "/api/v1/milestones/reports": _OF_PLAN,
    "/api/v1/orders": _OF_PLAN,
    "/api/v1/periods": _OF_PLAN,
    "/api/v1/programmes": _OF_PLAN,
    "/api/v1/projects": _OF_PLAN,
    "/api/v1/readings": _OF_PLAN,
    "/api/v1/returns": _OF_PLAN,
    "/api/v1/scenario": _OF_PLAN,
    "/api/v1/scenario/changes": _OF_PLAN,
    "/api/v1/works": _OF_PLAN,
    "/api/v1/works/totals": _OF_PLAN,
    "/projects/new": _OF_PLAN,
    "/meetings/new": _OF_PLAN,
    "/orders/new": {"plan": "{plan}", "project": "{project}"},
    "/corrections/new": {"project": "{project}", "quarter": "2024Q2"},
    "/scenario": _OF_PLAN,
    "/coverage": _OF_PLAN,
    "/reports/view": {"plan": "{plan}", "period": "2024Q2"},
    "/reports/workbook": {"plan": "{plan}", "period": "2024Q2"},
    "/plans/{code}/report": {"period": "2024Q2"},
    "/plans/{code}/finance-report": {"period": "2024Q2"},
    "/money/import": _OF_PLAN,
    "/money/import/template.xlsx": _OF_PLAN,
    "/money/ledger/grid": _OF_PLAN,
    "/money/ledger/submit": {"entry": "{entry in draft}"},
    "/returns/{id_}/notes": {"note": "{project number}:money.work_done:"},
}
_NAME = re.compile(r"\{[^}]*\}")
MISSING = {"plan": "nowhere", "project": "nowhere-01", "project with a draft": "nowhere-01", "indicator": "99"}
Ids = dict[str, str]


def ids_of(database: Database, plan: str) -> Ids:
    """The id of the record of every kind in that plan.

    Errors: AssertionError when the plan has no record of a kind.
    """
    with database.reading() as session:
        number = session.execute(text("SELECT id FROM plan WHERE code = :code"), {"code": plan}).scalar_one()
        found = {kind: session.execute(text(query), {"plan": number}).scalar() for kind, query in KINDS.items()}
    assert None not in found.values(), [kind for kind, id_ in found.items() if id_ is None]
    # What everybody loads has its own hash in its address.
    return {kind: str(id_) for kind, id_ in found.items()} | {
        "asset": assets()["qingshan.css"].path.removeprefix("/static/")
    }


def missing_ids(found: Ids) -> Ids:
    """The same kinds, of which there is none."""
    return {kind: MISSING.get(kind, "a" * 16 if kind == "sign-in" else "999999") for kind in found}


def kinds_in(path: str) -> list[str]:
    """What stands in the place of each name of the path.

    Errors: KeyError for a name of which PLACES says nothing.
    """
    kinds = [PLACES[path[: one.end()]] for one in _NAME.finditer(path)]
    if kinds and path in PLACES:
        kinds[-1] = PLACES[path]
    return kinds


def filled(path: str, found: Ids) -> str:
    """The address of a record of each kind that the path names."""
    kinds = iter(kinds_in(path))
    return _NAME.sub(lambda _: _value(next(kinds), found), path)


def told(path: str, found: Ids) -> dict[str, str]:
    """What the route is told besides, of the same records."""
    return {name: value.format_map(found) for name, value in TOLD.get(path, {}).items()}


def _value(kind: str, found: Ids) -> str:
    return kind[1:] if kind.startswith("=") else found[kind]
