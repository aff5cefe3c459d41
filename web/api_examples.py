"""The examples in the description of the API. A test sends each of them to a planted plan and compares what comes back."""

from typing import Any

_WHO: dict[str, Any] = {
    "state": "submitted",
    "posted_period": None,
    "correction_reason": None,
    "rejected_reason": None,
    "recorded_by": "甲clerk",
    "recorded_at": "2026-11-22T09:30:00+00:00",
    "submitted_by": "甲clerk",
    "submitted_at": "2026-11-22T09:30:00+00:00",
    "approved_by": None,
    "approved_at": None,
    "own_department": False,
}

LEDGER_NEW: dict[str, Any] = {
    "entries": [
        {
            "project": "qingshan-01",
            "stage": "paid",
            "amount_fen": 320000000,
            "occurred_on": "2024-05-06",
            "source": "county",
            "document": "财建〔2024〕1号",
        }
    ],
    "submit": True,
}
LEDGER_CREATED: dict[str, Any] = {
    "entries": [{"id": 1, "state": "submitted", "quarter": "2024Q2", "row_version": 1, "href": "/api/v1/ledger/1"}]
}
LEDGER_ENTRY: dict[str, Any] = {
    **{"id": 1, "plan": "qingshan", "project": "qingshan-01", "name": "天然林保护工程项目", "package": None},
    **{"stage": "paid", "kind": "entry", "source": "县级财政", "occurred_on": "2024-05-06", "amount_fen": 320000000},
    **{"document": "财建〔2024〕1号", "note": None, "reverses": None, "reversed_by": None, "row_version": 1},
    **_WHO,
}
LEDGER_CHANGE: dict[str, Any] = {"amount_fen": 310000000, "note": "第二笔", "submit": True}

WORK_NEW: dict[str, Any] = {
    "entries": [
        {
            "project": "qingshan-01",
            "measure": "营造林面积",
            "quantity": "800.5",
            "unit": "亩",
            "occurred_on": "2024-05-06",
            "plot": "12-3",
        }
    ],
    "submit": True,
}
WORK_CREATED: dict[str, Any] = {
    "entries": [{"id": 1, "state": "submitted", "quarter": "2024Q2", "row_version": 1, "href": "/api/v1/works/1"}]
}
WORK_ENTRY: dict[str, Any] = {
    **{"id": 1, "plan": "qingshan", "project": "qingshan-01", "name": "天然林保护工程项目", "package": None},
    **{"measure": "营造林面积", "tier": "claimed", "kind": "entry", "quantity": "800.5", "unit": "亩"},
    **{"occurred_on": "2024-05-06", "place": None, "plot": "12-3", "latitude": None, "longitude": None, "cause": None},
    **{"document": None, "note": None, "based_on": None, "reverses": None, "reversed_by": None},
    **{"geometry": None, "row_version": 1},
    **_WHO,
}
WORK_CHANGE: dict[str, Any] = {"quantity": "790", "submit": True}

MILESTONE_NEW: dict[str, Any] = {
    "entries": [{"milestone": 1, "kind": "actual", "met_on": "2024-05-06", "document": "青林字〔2024〕3号"}],
    "submit": True,
}
MILESTONE_CREATED: dict[str, Any] = {
    "entries": [
        {"id": 1, "state": "submitted", "quarter": "2024Q2", "row_version": 1, "href": "/api/v1/milestones/reports/1"}
    ]
}
MILESTONE_REPORT: dict[str, Any] = {
    **{"id": 1, "plan": "qingshan", "project": "qingshan-01", "name": "天然林保护工程项目", "milestone": 1},
    **{"milestone_kind": "approval", "milestone_name": "立项", "kind": "actual", "met_on": "2024-05-06"},
    **{"occurred_on": "2024-05-06", "document": "青林字〔2024〕3号", "note": None, "row_version": 1},
    **_WHO,
}
MILESTONE_STATE: dict[str, Any] = {
    **{"id": 1, "plan": "qingshan", "project": "qingshan-01", "name": "天然林保护工程项目", "package": None},
    **{"kind": "approval", "milestone": "立项", "weight": [25, 1], "first_planned_on": "2022-03-31"},
    **{"planned_on": "2022-03-31", "forecast_on": None, "actual_on": None, "overdue": True, "slip_days": 1000},
    **{"actual_report": None, "forecast_report": None, "row_version": 1},
}
MILESTONE_CHANGE: dict[str, Any] = {"met_on": "2024-05-07", "submit": True}
