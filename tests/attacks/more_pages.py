"""Pages to visit besides one of each route: records in other states, and what only one of many records has."""

import sqlite3

from core.database import Database
from tests.attacks.visiting import file_of

# An address, and the query that gives the records of which it is one; without a query it is an address as it stands.
MORE: tuple[tuple[str, str | None], ...] = (
    ("/works/{}", "SELECT min(id) FROM work_entry GROUP BY kind, state"),
    ("/works/{}", "SELECT subject_id FROM attachment WHERE removed_at IS NOT NULL AND subject = 'work_entry'"),
    ("/works/{}/edit", "SELECT min(id) FROM work_entry WHERE state = 'draft'"),
    ("/works/{}/verify", "SELECT min(id) FROM work_entry WHERE state = 'submitted'"),
    ("/works/{}/survival", "SELECT min(id) FROM work_entry WHERE state = 'approved' AND tier = 'verified'"),
    ("/money/ledger/{}", "SELECT min(id) FROM ledger_entry GROUP BY kind, state"),
    ("/money/ledger/{}/edit", "SELECT min(id) FROM ledger_entry WHERE state = 'draft'"),
    ("/milestones/reports/{}", "SELECT min(id) FROM milestone_report GROUP BY kind, state"),
    ("/milestones/reports/{}/edit", "SELECT min(id) FROM milestone_report WHERE state = 'draft'"),
    (
        "/indicators/xiaoyi/{}/readings/{}",
        "SELECT no, min(official_reading.id) FROM official_reading JOIN indicator ON indicator.id = indicator_id"
        " GROUP BY official_reading.kind, state",
    ),
    (
        "/indicators/xiaoyi/{}/readings/{}/edit",
        "SELECT no, official_reading.id FROM official_reading JOIN indicator ON indicator.id = indicator_id"
        " WHERE state = 'draft'",
    ),
    (
        "/indicators/xiaoyi/{}",
        "SELECT no FROM indicator JOIN target ON indicator.id = indicator_id WHERE target.approver IS NOT NULL",
    ),
    (
        "/indicators/xiaoyi/{}",
        "SELECT no FROM indicator JOIN supplied_value ON subject = 'indicator' AND subject_id = indicator.id",
    ),
    ("/indicators/xiaoyi/{}", "SELECT no FROM indicator WHERE note IS NOT NULL LIMIT 1"),
    (
        "/indicators/xiaoyi/{}?lang=en",
        "SELECT no FROM indicator JOIN indicator_rule ON indicator.id = indicator_id WHERE assumption_en IS NOT NULL",
    ),
    (
        "/coverage/xiaoyi/{}?lang=en",
        "SELECT no FROM indicator JOIN indicator_rule ON indicator.id = indicator_id WHERE assumption_en IS NOT NULL",
    ),
    ("/plans/xiaoyi?lang=en", None),
    ("/coverage?lang=zh", None),
    ("/projects/{}", "SELECT code FROM project WHERE archived_at IS NOT NULL"),
    (
        "/projects/{}",
        "SELECT DISTINCT code FROM project JOIN quantity ON project.id = project_id WHERE supplied_by > ''",
    ),
    ("/projects/{}", "SELECT code FROM project JOIN estimate ON project.id = project_id WHERE printed > '' LIMIT 1"),
    (
        "/projects/{}/milestones",
        "SELECT code FROM project JOIN milestone ON project.id = project_id"
        " JOIN milestone_report ON milestone.id = milestone_id WHERE correction_reason > '' LIMIT 1",
    ),
    (
        "/projects/{}/quantities/{}/edit",
        "SELECT code, quantity.id FROM quantity JOIN project ON project.id = project_id WHERE quantity.note > '' LIMIT 1",
    ),
    (
        "/projects/{}/performance?year=2024",
        "SELECT DISTINCT code FROM project JOIN performance_frame ON project.id = project_id",
    ),
    (
        "/api/v1/projects/{}/performance/2024",
        "SELECT DISTINCT code FROM project JOIN performance_frame ON project.id = project_id",
    ),
    ("/departments/{}", "SELECT id FROM department WHERE note IS NOT NULL LIMIT 1"),
    (
        "/quarter?plan=xiaoyi&period={}",
        "SELECT name FROM reporting_period WHERE closed_reason > '' ORDER BY id DESC LIMIT 1",
    ),
    ("/quarter?plan=xiaoyi&period=2025Q4", None),
    ("/quarter/xiaoyi/{}/issue", "SELECT name FROM reporting_period WHERE closed_reason > '' ORDER BY id DESC LIMIT 1"),
    ("/quarter/xiaoyi/2025Q1/issue", None),
    ("/quarter/returns/{}/extend", "SELECT id FROM department_return WHERE extended_by > ''"),
    ("/returns/{}", "SELECT return_id FROM return_reminder"),
    ("/returns/{}", "SELECT max(id) FROM department_return GROUP BY state"),
    ("/returns/{}/review", "SELECT max(id) FROM department_return GROUP BY state"),
    (
        "/returns/{}/projects/{}",
        "SELECT return_id, max(code) FROM return_cell JOIN project ON project.id = project_id"
        " WHERE return_id = (SELECT min(id) FROM department_return WHERE state = 'draft') GROUP BY return_id",
    ),
    ("/returns/{}/history", "SELECT DISTINCT return_id FROM return_note"),
    (
        "/returns/{}/projects/{}",
        "SELECT return_id, max(code) FROM return_cell JOIN project ON project.id = project_id"
        " WHERE return_id IN (SELECT max(id) FROM department_return GROUP BY state) GROUP BY return_id",
    ),
    ("/returns/{}/projects/{}", "SELECT return_id, code FROM return_note JOIN project ON project.id = project_id"),
    ("/corrections/{}", "SELECT min(id) FROM correction GROUP BY state"),
    ("/orders/{}", "SELECT order_id FROM order_answer WHERE returned_at IS NOT NULL"),
    ("/jobs/{}", "SELECT min(id) FROM job GROUP BY state"),
    ("/audit/{}", "SELECT min(id) FROM audit_entry WHERE came_from IS NOT NULL"),
    ("/rules/lamps?plan=xiaoyi", None),
    ("/map?plan=xiaoyi", None),
    ("/people/{}", "SELECT id FROM person"),
)


def more_addresses(database: Database) -> list[str]:
    """The addresses of those pages. Errors: AssertionError for a query that finds nothing any longer."""
    found = []
    with sqlite3.connect(file_of(database)) as raw:
        for address, query in MORE:
            rows = [()] if query is None else raw.execute(query).fetchall()
            assert rows, query
            found += [address.format(*row) for row in rows]
    raw.close()
    return list(dict.fromkeys(found))
