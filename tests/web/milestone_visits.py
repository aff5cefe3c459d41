"""What tests of the milestone pages share: the app on the small plan with milestones and templates, and what is stored."""

from datetime import date

from fastapi import FastAPI
from sqlmodel import Session, col, select

from core.database import Database
from milestones.milestone_templates import TemplateItem, TemplateValues, add_template
from milestones.milestones import Milestone, MilestoneReport
from tests.milestones.milestone_samples import make_milestones, report
from tests.samples import SOMEBODY, make_small_plan
from web.app import create_app

FOREST = "qingshan-01"
HERE = f"/projects/{FOREST}/milestones"
ITEMS = (
    TemplateItem("tender", "招标", "10", 10),
    TemplateItem("start", "开工", "20", 25),
    TemplateItem("free", "补植完成", "30", 75),
    TemplateItem("finish", "完工", "40", 100),
)


def milestone_app(database: Database) -> FastAPI:
    """The app on the small plan: the forest has four milestones, and there is one template (1)."""
    with database.writing() as session:
        make_small_plan(session)
        make_milestones(session)
        add_template(session, TemplateValues("造林", "Afforestation", 10, ITEMS), reason="新增", by=SOMEBODY)
    return create_app(database)


def reported(
    database: Database, kind: str, said: str, on: date | None = None, *, accept: bool = False, **more: object
) -> int:
    """A report of a milestone of the forest that somebody handed over; its number."""
    with database.writing() as session:
        return report(session, kind, said, on, accept=accept, **more).id or 0


def milestone_id(database: Database, kind: str) -> int:
    """The number of the newest milestone of a kind."""
    with database.reading() as session:
        rows = session.exec(select(Milestone.id).where(Milestone.kind == kind).order_by(col(Milestone.id).desc()))
        return rows.first() or 0


def reports(database: Database) -> list[MilestoneReport]:
    """Every report, in order."""
    with database.reading() as session:
        rows = list(session.exec(select(MilestoneReport).order_by(col(MilestoneReport.id))))
        session.expunge_all()
    return rows


def milestones_in(session: Session) -> list[str]:
    return list(session.exec(select(Milestone.name).order_by(col(Milestone.id))))
