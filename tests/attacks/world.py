"""Two plans with one record of every kind in each, made by the write functions, and the ids of the records by their kind."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, select

from budgets.approval import Approver, approve_entries, reject_entries
from budgets.entries import NewEntry
from budgets.importing.columns import Chosen
from budgets.importing.staging import new_import
from budgets.importing.tables import STAGED
from budgets.ledger import record_entry
from budgets.line_approval import approve_lines
from budgets.line_editing import put_line
from budgets.lines import NewLine
from budgets.source_editing import SourceValues, add_source
from budgets.sources import FundingSource
from core.api_tokens import make_token
from core.calendar import Period, today
from core.database import Database
from core.files import store_file
from core.identities import link_identity
from core.jobs import enqueue
from core.one_time_links import make_link
from milestones.evidence import attach
from milestones.milestone_plans import add_milestone
from milestones.milestone_reports import report_milestone
from milestones.milestone_templates import TemplateItem, TemplateValues, add_template
from milestones.performance_rules import NewPerformance
from milestones.performance_setting import set_target
from milestones.plan_rules import NewMilestone
from milestones.reading_reports import record_reading
from milestones.reading_rules import NewReading
from milestones.report_rules import NewMilestoneReport
from milestones.work_reports import accept_works, record_work
from milestones.work_verifying import verify_work
from portfolio.contradictions import Contradiction
from portfolio.contradictions import Reading as DisputedReading
from portfolio.corrections import LEDGER_ENTRY
from portfolio.delegating import NewDelegation, arrange_delegation
from portfolio.jurisdictions import Jurisdiction
from portfolio.reviewing import Reviewer
from portfolio.site_editing import NewSite, put_site
from reports.correcting import NewCorrection, request_correction
from reports.correction_changes import Change
from reports.issuing import issue_edition
from reports.meetings import NewItem, NewMeeting, items_of, record_meeting
from reports.ordering import NewOrder, answer_order, issue_order
from reports.period_flow import close_period, open_period
from reports.return_uploads import new_upload
from reports.returns import STAGED as UPLOAD_STAGED
from reports.returns import DepartmentReturn
from tests.attacks.people_of import Staff, hire, hire_strangers
from tests.milestones.evidence_samples import PDF, png
from tests.milestones.work_samples import a_work
from tests.reports.indicator_samples import put_indicator, put_link, put_rule, put_target
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, identity, make_small_plan, plan_basis

HERE, THERE = "qingshan", "lushui"
OTHER_COUNTY = "999902"
Ids = dict[str, str]


def plant_two(database: Database) -> None:
    """The plan whose records are asked for, and the other."""
    with database.writing() as session:
        for key, name, fiscal in (("county", "县级财政", True), ("own", "企业自筹", False)):
            add_source(session, key, SourceValues(name, name, None, 0, fiscal), by=SOMEBODY)
        items = (TemplateItem("start", "开工", "40", 25), TemplateItem("finish", "完工", "60", 100))
        add_template(session, TemplateValues("造林", "Forests", 1, items, False), reason="办公室定", by=SOMEBODY)
        here = make_small_plan(session, HERE)
        session.add(Jurisdiction(code=OTHER_COUNTY, name="绿水县", name_en="Lushui", level=3, parent_code="990000"))
        session.flush()
        there = make_small_plan(session, THERE, jurisdiction=OTHER_COUNTY)
        hire_strangers(session, here.plan, here.water_office, OTHER_COUNTY)
        for one in (here, there):
            _World(session, one, hire(session, one.plan, one.forestry)).plant()
        put_link(session, there.greening, here.forest)
        put_link(session, here.greening, there.forest)


class _World:
    """Writes the records of one plan; every text that is typed names the plan."""

    def __init__(self, session: Session, small: SmallPlan, staff: Staff) -> None:
        self.session, self.small, self.staff = session, small, staff
        self.owner, self.office = staff["owner"].actor, Reviewer(staff["office"].actor)
        self.finance = staff["finance"].actor
        self.told = f"{small.plan.code}的机密"
        self.source = session.exec(select(FundingSource.id).where(FundingSource.key == "county")).one() or 0

    def plant(self) -> None:
        self._money()
        self._milestones()
        self._works()
        self._indicators()
        self._places()
        self._performance()
        self._evidence()
        self._entry("received", 2, date(2024, 5, 7))  # the closing sends it back
        closing = Period(2024, "Q2")
        close_period(self.session, self.small.plan, closing, reason=self.told, by=self.office.actor)
        issue_edition(self.session, self.small.plan, closing, note=self.told, by=self.office.actor)
        self._correction()
        self._orders()
        self._return()
        self._files()

    def _entry(self, stage: str, wan: int, on: date = date(2024, 5, 6), **more: Any) -> int:
        new = NewEntry(stage, wan * WAN, on, None if stage == "work_done" else self.source, self.told, self.told)
        row = record_entry(self.session, self.small.forest, new, by=self.owner, **{"submit": True} | more)
        return row.id or 0

    def _money(self) -> None:
        approver = Approver(self.finance)
        approve_entries(self.session, [self._entry("work_done", 90), self._entry("paid", 300)], by=approver)
        reject_entries(self.session, [self._entry("paid", 7, date(2024, 8, 1))], reason=f"{self.told}退回", by=approver)
        self._entry("paid", 5, date(2024, 8, 2))
        self._entry("paid", 3, date(2024, 8, 3), submit=False)
        for covers, submit in ((2024, True), (2025, True), (2025, False)):
            new = NewLine(covers, self.source, 50 * WAN, date(2024, 8, 1), self.told, approver="财政局")
            project = self.small.forest if submit else self.small.sewage
            row = put_line(self.session, project, new, submit=submit, by=self.owner)
            if covers == 2024:
                approve_lines(self.session, [row.id or 0], by=self.finance)

    def _milestones(self) -> None:
        basis = plan_basis(self.small.plan)
        for kind, name in (("main", "主体完工"), ("start", "开工"), ("finish", "完工")):
            new = NewMilestone(kind, name, date(2025, 6, 30))
            row = add_milestone(self.session, self.small.forest, new, basis, by=self.office.actor)
            if kind != "finish":
                told = NewMilestoneReport("actual", date(2024, 9, 2), note=self.told)
                report_milestone(self.session, row, told, submit=kind == "main", by=self.owner)

    def _works(self) -> None:
        for submit, accept in ((True, True), (True, True), (True, False), (False, False)):
            new = a_work(self.session, "10", on=date(2024, 8, 6), note=self.told)
            row = record_work(self.session, self.small.forest, new, submit=submit, by=self.owner)
            if accept:
                accept_works(self.session, [row.id or 0], by=self.office)
        claim = a_work(self.session, "10", on=date(2024, 8, 6), note=self.told)
        row = record_work(self.session, self.small.forest, claim, submit=True, by=self.owner)
        accept_works(self.session, [row.id or 0], by=self.office)
        verifier = Reviewer(self.staff["head"].actor)
        verify_work(self.session, row, a_work(self.session, "9", on=date(2024, 8, 7), note=self.told), by=verifier)

    def _indicators(self) -> None:
        session, plan = self.session, self.small.plan
        cover = put_indicator(session, plan, "1", baseline="33.25")
        put_target(session, cover, value="35")
        put_rule(session, cover, {"营造林面积": 1}, whole=("100000", "亩"), start=("33250", "亩"))
        for submit in (True, False):
            new = NewReading(
                20234 if submit else 20244, date(2025, 3, 10), self.told, value="34.1", agency="市生态环境局"
            )
            record_reading(session, cover, new, submit=submit, by=self.owner)
        dispute = Contradiction(
            plan_id=identity(plan), key="x1", position=1, field="quantity", summary=self.told, summary_en=self.told
        )
        session.add(dispute)
        session.flush()
        for position, value in enumerate(("1", "2"), start=1):
            session.add(
                DisputedReading(contradiction_id=dispute.id or 0, position=position, value=value, wording=self.told)
            )

    def _places(self) -> None:
        put_site(
            self.session,
            self.small.forest,
            NewSite(self.small.plan.jurisdiction_code, self.told, "37.1", "112.1", as_typed=True),
            a_basis(20243),
            by=self.office.actor,
        )

    def _performance(self) -> None:
        new = NewPerformance("quantity", self.told, "30", operator="≥", value="5000", unit="亩")
        set_target(self.session, self.small.forest, new, a_basis(20241), by=self.office.actor)

    def _evidence(self) -> None:
        attach(
            self.session,
            "project",
            identity(self.small.forest),
            png(),
            f"{self.told}.png",
            "after",
            caption=self.told,
            by=self.owner,
        )

    def _correction(self) -> None:
        entry = self._first("ledger_entry", "stage = 'paid'")
        instead = NewEntry("paid", 290 * WAN, date(2024, 5, 6), self.source, self.told)
        change = (Change(LEDGER_ENTRY, entry, instead),)
        file = store_file(self.session, PDF, f"{self.told}.pdf", "application/pdf", by=self.owner)
        new = NewCorrection(20242, self.told, self.told, change, self.told, file_id=file.id)
        request_correction(self.session, self.small.plan, new, by=self.owner)

    def _first(self, table: str, where: str) -> int:
        from sqlalchemy import text

        query = f"SELECT min(id) FROM {table} WHERE project_id = {self.small.forest.id} AND {where}"
        return int(self.session.execute(text(query)).scalar_one())

    def _orders(self) -> None:
        plan, forest = self.small.plan, identity(self.small.forest)
        new = NewMeeting(today(), self.told, (NewItem(self.told, self.told, forest),), "会议室", "组长", self.told)
        meeting = record_meeting(self.session, plan, new, by=self.office.actor)
        item = items_of(self.session, meeting.id or 0)[0].id
        due = today() + timedelta(days=10)
        order = NewOrder(self.told, self.told, self.small.forestry.id, due, project_id=forest, meeting_item_id=item)
        row = issue_order(self.session, plan, order, by=self.staff["leader"].actor)
        file = store_file(self.session, PDF, f"{self.told}.pdf", "application/pdf", by=self.owner)
        answer_order(self.session, row, text=self.told, file_id=file.id, by=self.owner)

    def _return(self) -> None:
        due = today() + timedelta(days=30)
        open_period(self.session, self.small.plan, Period(2025, "Q4"), due_on=due, by=self.office.actor)
        row = self.session.exec(
            select(DepartmentReturn).where(
                DepartmentReturn.plan_id == self.small.plan.id,
                DepartmentReturn.department_id == self.small.forestry.id,
            )
        ).one()
        file = store_file(self.session, PDF, f"{self.told}.xlsx", "application/pdf", by=self.owner)
        upload = new_upload(self.session, row, file, by=self.owner)
        upload.state, upload.marked_file_id = UPLOAD_STAGED, file.id

    def _files(self) -> None:
        person = self.staff["owner"]
        file = store_file(self.session, PDF, f"{self.told}.csv", "application/pdf", by=self.owner)
        sent = new_import(self.session, identity(self.small.plan), file.name, Chosen(), by=self.owner)
        sent.file_id, sent.state = file.id, STAGED
        job = enqueue(self.session, "check", self.told, {}, by=self.owner)
        job.state, job.result_file_id = "done", file.id
        sent.job_id = job.id
        make_link(self.session, person, by=SOMEBODY)
        make_token(self.session, person, self.told, ["read"], days=30, plan_id=None, by=self.owner)
        head, on = self.staff["head"].id or 0, today()
        arrange_delegation(
            self.session, person, NewDelegation(head, on, on + timedelta(days=5), self.told), by=self.owner
        )
        link_identity(self.session, person, "https://id.example", f"{self.told}", by=SOMEBODY)
