"""What a reader must know before reading the numbers of a report."""

from collections.abc import Sequence, Sized

from sqlmodel import Session, col, select

from core.calendar import quarter_name
from core.errors import N_
from portfolio.facts import EDITIONS
from portfolio.periods import ReportingPeriod
from reports.findings import Sentence
from reports.overview import Overview
from reports.quarterly_scope import Asked


def notes_of(
    figures: Overview, asked: Asked, ended: Sized, closed_early: Sequence[Sentence] = ()
) -> tuple[Sentence, ...]:
    """The notes of the first sheet, in order; `closed_early` as early_closings gives them."""
    total = figures.total
    notes = [*_basis(asked), *closed_early]
    notes.append(
        Sentence(
            N_(
                "规划没有写明的文字显示“规划未载明”；没有写明的数字留空，不按 0 计；没有填报的显示“未填报”，与填报为 0 不同。"
            )
        )
    )
    notes.append(Sentence(N_("打包项目的子项目缩进列示，其投资不重复计入小计和合计。")))
    if total.estimate_fen is None:
        notes.append(Sentence(N_("规划没有写明任何项目的投资。")))
    elif total.without_estimate:
        notes.append(Sentence(N_("有 %(n)s 个子项没有投资估算，未计入总投资。"), {"n": total.without_estimate}))
    if number := len(ended):
        notes.append(Sentence(N_("终止项目 %(n)s 个，列在项目调度表末尾，不计入任何合计。"), {"n": number}))
    if total.contradictions:
        facts = {
            "n": total.contradictions,
            "grave": total.contradictions_grave,
            "undecided": total.contradictions_undecided,
        }
        notes.append(
            Sentence(
                N_(
                    "规划文本有 %(n)s 处前后矛盾，其中严重的 %(grave)s 处，待裁定的 %(undecided)s 处；本报告用数见“矛盾”表。"
                ),
                facts,
            )
        )
    return tuple(notes)


def _basis(asked: Asked) -> list[Sentence]:
    """From what the figures come."""
    edition = Sentence(EDITIONS[asked.scope.edition])
    found = [
        Sentence(
            N_("数据口径：%(edition)s。只有已审核的填报计入；待审核、草稿和已退回的不计入任何数字。"),
            {"edition": edition},
        )
    ]
    drafts = [plan.short_title for plan in asked.plans if plan.draft]
    if drafts and len(asked.plans) == 1:
        found.append(Sentence(N_("本规划是征求意见稿，不是正式印发的文本，数据可能变动。")))
    elif drafts:
        found.append(Sentence(N_("合计中含征求意见稿：%(drafts)s，数据可能变动。"), {"drafts": "、".join(drafts)}))
    if asked.narrow:
        found.append(
            Sentence(
                N_("项目、资金、工程量、亮灯只含“%(name)s”；指标是全规划的数字，只列由这些项目支撑的。"),
                {"name": asked.wanted.name},
            )
        )
    return found


def early_closings(session: Session, asked: Asked) -> list[Sentence]:
    """Why quarters of the report were closed while returns or facts still waited, which then do not count."""
    plans = {plan.id: plan.short_title for plan in asked.plans}
    query = select(ReportingPeriod).where(
        ReportingPeriod.kind == "quarter",
        col(ReportingPeriod.plan_id).in_(plans),
        col(ReportingPeriod.last_quarter).between(asked.first, asked.quarter),
        col(ReportingPeriod.closed_reason).is_not(None),
    )
    rows = session.exec(query.order_by(col(ReportingPeriod.plan_id), col(ReportingPeriod.last_quarter)))
    several = len(plans) > 1
    return [
        Sentence(
            N_("%(quarter)s 关账时还有没办完的内容，没有计入；原因：%(reason)s。"),
            {
                "quarter": (f"{plans[row.plan_id]} " if several else "") + quarter_name(row.last_quarter),
                "reason": (row.closed_reason or "").rstrip("。"),
            },
        )
        for row in rows
        if row.shut
    ]
