"""What each kind of record in the audit trail is called, and by which plan readers are scoped who look at it.

Imported wherever tables are (web/tables.py): an entry is given its plan when it is written.
"""

from typing import Any

from sqlalchemy import Select
from sqlmodel import col

from budgets.entries import LedgerEntry
from budgets.importing.tables import LedgerImport
from budgets.lines import BudgetLine
from core.audit import SCOPES, SUBJECT_ID
from core.database import select_columns
from core.errors import N_
from milestones.commitments import Commitment
from milestones.indicator_rules import ProgrammeLink
from milestones.indicators import Indicator
from milestones.lamp_rules import ActiveRuleSet
from milestones.milestones import Milestone, MilestoneReport
from milestones.readings import OfficialReading
from milestones.scenario_decisions import ScenarioDecision
from milestones.works import WorkEntry
from portfolio.contradictions import Contradiction
from portfolio.corrections import Correction
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan, Programme
from portfolio.project_changes import ProjectChange
from portfolio.projects import Project
from reports.editions import Edition, WordTemplate
from reports.orders import Meeting, SupervisionOrder
from reports.returns import DepartmentReturn

_OF_A_PLAN: tuple[Any, ...] = (
    *(Project, Programme, Indicator, Commitment, Contradiction, LedgerImport, ScenarioDecision, ActiveRuleSet),
    *(ReportingPeriod, DepartmentReturn, Correction, Edition, WordTemplate, Meeting, SupervisionOrder),
)
_OF_A_PROJECT: tuple[Any, ...] = (LedgerEntry, BudgetLine, WorkEntry, ProjectChange)
# Files that were made of a whole plan bear its id, or 0 where they were made of several.
LEDGER_FILE, REPORT_FILE, REPORT_PACK, RETURN_PACK, AUDIT_LOG = (
    "ledger",
    "report",
    "report_pack",
    "return_pack",
    "audit_log",
)
PROJECTS_FILE, WORKS_FILE, PIVOT_FILE = "project_list", "work_list", "pivot"


def _scopes() -> dict[str, Select[Any]]:
    plan = select_columns(Plan.id).where(col(Plan.id) == SUBJECT_ID)
    found = {one.__tablename__: select_columns(one.plan_id).where(one.id == SUBJECT_ID) for one in _OF_A_PLAN}
    for one in _OF_A_PROJECT:
        joined = select_columns(Project.plan_id).join(one, one.project_id == col(Project.id))
        found[one.__tablename__] = joined.where(one.id == SUBJECT_ID)
    return found | {
        **dict.fromkeys(("plan", LEDGER_FILE, REPORT_FILE, RETURN_PACK, PROJECTS_FILE, WORKS_FILE, PIVOT_FILE), plan),
        "milestone_report": select_columns(Project.plan_id)
        .join(Milestone, col(Milestone.project_id) == col(Project.id))
        .join(MilestoneReport, col(MilestoneReport.milestone_id) == col(Milestone.id))
        .where(col(MilestoneReport.id) == SUBJECT_ID),
        "official_reading": select_columns(Indicator.plan_id)
        .join(OfficialReading, col(OfficialReading.indicator_id) == col(Indicator.id))
        .where(col(OfficialReading.id) == SUBJECT_ID),
        "programme_link": select_columns(Programme.plan_id)
        .join(ProgrammeLink, col(ProgrammeLink.programme_id) == col(Programme.id))
        .where(col(ProgrammeLink.id) == SUBJECT_ID),
    }


SCOPES.update(_scopes())

# Every kind of record that the trail speaks of.
SUBJECTS = {
    "project": N_("项目"),
    "plan": N_("规划"),
    "programme": N_("规划类别"),
    "department": N_("部门"),
    "indicator": N_("指标"),
    "official_reading": N_("监测值"),
    "commitment": N_("任务"),
    "contradiction": N_("规划矛盾"),
    "ledger_entry": N_("记账"),
    "ledger_import": N_("台账导入"),
    "budget_line": N_("年度计划和预算"),
    "funding_source": N_("资金来源"),
    "work_entry": N_("工程量"),
    "milestone_report": N_("节点填报"),
    "milestone_template": N_("节点模板"),
    "programme_link": N_("上下级挂接"),
    "active_rule_set": N_("亮灯规则"),
    "scenario_decision": N_("情景决定"),
    "reporting_period": N_("报告期"),
    "department_return": N_("部门填报"),
    "correction": N_("更正单"),
    "project_change": N_("项目状态更正"),
    "edition": N_("发布版"),
    "word_template": N_("Word 模板"),
    "meeting": N_("会议"),
    "supervision_order": N_("督办单"),
    "person": N_("人员"),
    "job": N_("后台任务"),
    "stored_file": N_("存储的文件"),
    "database": N_("数据库"),
    "backup": N_("备份"),
    LEDGER_FILE: N_("台账文件"),
    PROJECTS_FILE: N_("项目清单文件"),
    WORKS_FILE: N_("工程量文件"),
    PIVOT_FILE: N_("资金透视文件"),
    REPORT_FILE: N_("报告文件"),
    REPORT_PACK: N_("报告打包"),
    RETURN_PACK: N_("填报表打包"),
    AUDIT_LOG: N_("操作记录"),
}
PEOPLE = ("person",)  # what administrators see: accounts, roles and sign-ins
