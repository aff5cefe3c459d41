"""A row for each table in which the demonstration has none: what a page needs to show it, and nothing more."""

import json
from typing import Any

from portfolio.delegations import ENDED

OFFICE = 3  # the person as whom the pages are visited
EARLIER, LATER = "2025-03-01 00:00:00.000000", "2031-01-01 00:00:00.000000"
FAILURE = '{"problems": [{"sentence": "失败了", "facts": {}}], "todo": "再试"}'
FINDINGS = json.dumps(
    {
        "problems": [
            {
                **{"sheet": "表", "cell": "A1", "found": "写的", "severity": "blocking"},
                **{"expected": {"zh": "应为", "en": "应为"}, "message": {"zh": "有误", "en": "有误"}},
            }
        ],
        "notes": [{"sheet": "表", "cell": "A2", "message": {"zh": "说明", "en": "说明"}}],
        "sheet": "表",
        "sheets": ["表", "另一表"],
    },
    ensure_ascii=False,
)
SAID = json.dumps(
    {"parameters": {}, "said": [{"kind": "factor", "of": "甲", "what": "乙", "before": "丙", "after": "丁"}]},
    ensure_ascii=False,
)
CHANGED = json.dumps([[1, "text.progress", "", "原来", "他写", "我写", "文字", "B2"]], ensure_ascii=False)
MISSING: dict[str, list[dict[str, Any]]] = {
    "identity": [{"issuer": "https://provider.example", "subject": "7", "person_id": OFFICE}],
    "job": [
        {
            **{
                "kind": "ledger-import",
                "title": "作业",
                "given": "{}",
                "state": "failed",
                "step": "步骤",
                "worker": "机器",
            },
            **{"created_by_id": OFFICE, "created_by": "某人", "failure": FAILURE},
        },
        {
            **{"kind": "check", "title": "作业", "given": "{}", "state": "done", "ended_at": EARLIER},
            **{"created_by_id": OFFICE, "created_by": "某人", "result": '{"sentence": "结果", "facts": {}}'},
        },
        {
            **{"kind": "check", "title": "作业", "given": "{}", "state": "running", "step": "步骤"},
            **{"created_by_id": OFFICE, "created_by": "某人", "heartbeat_at": LATER},
        },
    ],
    "ledger_import": [
        {
            **{"file_name": "文件.xlsx", "sheet": "表", "settings": "{}", "findings": FINDINGS, "state": "staged"},
            **{"created_by_id": OFFICE, "created_by": "某人", "file_id": 1},
        }
    ],
    "scenario_decision": [{"title": "情景", "quarter": 20244, "changes": SAID, "results": '{"moved": []}'}],
    "word_template": [{"kind": "quarterly", "note": "说明"}],
    "former_archiving": [{"archived_reason": "理由", "from_quarter": 20241, "until_quarter": 20242}],
    "former_years": [{"document": "文号", "reason": "理由", "recorded_by": "某人", "until_quarter": 20224}],
    "import_row": [
        {
            "number": 1,
            "stage": "paid",
            "kind": "entry",
            "document": "文号",
            "note": "备注",
            "correction_reason": "更正",
        }
    ],
    "money_explanation": [
        {"rule": "outside_years", "project_id": 8, "source_id": None, "excess_fen": 1, "document": "文号"}
    ],
    "supplied_value": [{"subject": "project", "subject_id": 1, "field": one} for one in ("name", "objective")],
    "programme_link": [{"effective_from": 20211, "document": "文号", "reason": "理由", "supplied_by": "某人"}],
    "project_change": [
        {
            **{
                "kind": "archiving",
                "new_state": None,
                "withdraws_id": None,
                "state": "submitted",
                "correction_reason": "更正",
            },
            **{
                "occurred_quarter": 20244,
                "document": "文号",
                "note": "备注",
                "submitted_by": "某人",
                "rejected_reason": "退回",
            },
        }
    ],
    "carry_over": [{"from_quarter": 20261}],
    "set_aside": [{"kind": "ledger"}],
    "sign_in": [
        {
            **{"person_id": OFFICE, "came_from": "某处", "browser": "浏览器", "how": "password"},
            **{"expires_at": LATER, "last_seen_at": LATER},
        }
    ],
    "api_token": [
        {
            **{"person_id": OFFICE, "name": "接口", "scopes": "read", "expires_at": LATER, "token_hash": f"made {by}"},
            **{"last_used_from": "某处", "last_used_at": EARLIER, "revoked_at": revoked, "revoked_by": by},
        }
        for revoked, by in ((EARLIER, "某人"), (None, None))
    ],
    "return_workbook": [{"cells": "[]", "template_version": 1}],
    "return_upload": [{"state": "staged", "problems": FINDINGS, "changes": CHANGED, "blocking_count": 0}],
    "audit_seal": [{}],
    "api_answer": [{}],
    "archived_listing": [{}],
    "delegation": [{"from_person_id": OFFICE, "to_person_id": 2, "ended_at": LATER, "ending": ENDED}],
}
# What the demonstration has not come to: a record of it in that state.
STATES = (
    *(
        f"UPDATE {table} SET recorded_by_id = {OFFICE} WHERE state = 'draft'"
        for table in ("ledger_entry", "milestone_report", "official_reading", "work_entry")
    ),
    f"UPDATE attachment SET removed_at = '{EARLIER}', removed_by = '某人', removed_reason = '重复' WHERE id = 4",
    f"UPDATE contradiction SET decided_at = '{EARLIER}', decided_reading = 0 WHERE id = 1",
    "UPDATE return_reminder SET return_id = (SELECT min(id) FROM department_return WHERE state = 'draft')",
    f"UPDATE order_answer SET returned_at = '{EARLIER}' WHERE id = 1",
    f"UPDATE project SET archived_at = '{EARLIER}', archived_reason = '理由' WHERE code = 'xiaoyi-12'",
    "UPDATE reporting_period SET reopened_by = '某人', reopened_reason = '理由' WHERE name = '2025Q4'",
    "UPDATE project_state SET reason = '理由' WHERE id IN (SELECT max(id) FROM project_state GROUP BY project_id)",
)
