"""Works as files and scripts get them: rows of plain values, roll-ups as rows, and CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from core.calendar import quarter_name
from core.degrees import degrees_text
from core.errors import N_
from core.units import text_from_micro
from milestones.work_rules import cause_in_words
from milestones.works import KINDS, TIERS
from portfolio.facts import STATES
from reports.delimited import csv_cell, csv_chunks
from reports.findings import Words, words_in
from reports.ledger_rows import utc_text
from reports.works import WorkFigures

TITLES = (
    *(
        N_("编号"),
        N_("规划"),
        N_("项目编号"),
        N_("项目名称"),
        N_("所属打包项目"),
        N_("工程量指标"),
        N_("环节"),
        N_("类型"),
    ),
    *(N_("数量"), N_("计量单位"), N_("日期"), N_("发生季度"), N_("地点"), N_("小班号"), N_("纬度"), N_("经度")),
    *(N_("依据文件"), N_("说明"), N_("损失原因"), N_("状态"), N_("填报人"), N_("提交人"), N_("接收人"), N_("计入季度")),
    *(N_("依据的编号"), N_("冲销的编号"), N_("冲销它的编号"), N_("更正理由"), N_("退回原因"), N_("同一小班的其他项目")),
)


def work_row(row: Any, plans: Mapping[int, str]) -> dict[str, Any]:
    """A row of milestones/work_list.py as the export contract has it. Quantities and degrees are exact texts."""
    north, east = row.latitude_micro, row.longitude_micro
    return {
        "id": row.id,
        "plan": plans[row.plan_id],
        "project": row.code,
        "name": row.name,
        "package": None if row.top_code == row.code else row.top_code,
        "measure": row.measure,
        "tier": row.tier,
        "kind": row.kind,
        "quantity": None if row.quantity_micro is None else text_from_micro(row.quantity_micro),
        "unit": row.unit,
        "occurred_on": row.occurred_on.isoformat(),
        "place": row.place,
        "plot": row.plot,
        "latitude": None if north is None else degrees_text(north),
        "longitude": None if east is None else degrees_text(east),
        "cause": row.cause,
        "document": row.document,
        "note": row.note,
        "state": row.state,
        "posted_period": None if row.posted_period is None else quarter_name(row.posted_period),
        "based_on": row.based_on_id,
        "reverses": row.reverses_id,
        "reversed_by": row.reversal_id,
        "correction_reason": row.correction_reason,
        "rejected_reason": row.rejected_reason,
        "recorded_by": row.recorded_by,
        "recorded_at": utc_text(row.recorded_at),
        "submitted_by": row.submitted_by,
        "submitted_at": utc_text(row.submitted_at),
        "approved_by": row.approved_by,
        "approved_at": utc_text(row.approved_at),
        "own_department": row.own_department,
    }


def group_rows(groups: Iterable[WorkFigures], names: Sequence[str]) -> list[dict[str, Any]]:
    """The roll-up of works (reports/works.py) as rows: each key by its name, then the measure with its figures as exact pairs."""
    return [
        {
            **dict(zip(names, one.keys, strict=True)),
            "measure": one.measure,
            "unit": one.unit,
            **{name: _pair(getattr(one, name)) for name in ("planned", "claimed", "verified", "surviving", "lost")},
            "unverified": _pair(one.unverified),
            "completion": _pair(one.completion),
            "yearly_without_years": one.timeless,
            "not_applicable": one.not_applicable,
        }
        for one in groups
    ]


def _pair(value: Fraction | None) -> list[int] | None:
    return None if value is None else [value.numerator, value.denominator]


def works_as_csv(
    rows: Iterable[Any], plans: Mapping[int, str], twins: Mapping[int, str], *, language: str
) -> Iterator[str]:
    """CSV text in chunks. Quantities are exact, in the unit typed. `twins` names the other projects of a plot by entry."""
    return csv_chunks(_lines(rows, plans, twins, words_in(language)))


def _lines(
    rows: Iterable[Any], plans: Mapping[int, str], twins: Mapping[int, str], words: Words
) -> Iterator[Sequence[str]]:
    say = words.say
    yield [say(title) for title in TITLES]
    for row in rows:
        north, east = row.latitude_micro, row.longitude_micro
        cells = (
            *(row.id, plans.get(row.plan_id), row.code, row.name, row.package_name, row.measure),
            *(say(TIERS[row.tier]), say(KINDS[row.kind])),
            None if row.quantity_micro is None else text_from_micro(row.quantity_micro),
            *(row.unit, row.occurred_on.isoformat(), quarter_name(row.occurred_quarter), row.place, row.plot),
            *(None if micro is None else degrees_text(micro) for micro in (north, east)),
            *(row.document, row.note, None if row.cause is None else say(cause_in_words(row.cause))),
            *(say(STATES[row.state]), row.recorded_by, row.submitted_by, row.approved_by),
            None if row.posted_period is None else quarter_name(row.posted_period),
            *(row.based_on_id, row.reverses_id, row.reversal_id, row.correction_reason, row.rejected_reason),
            twins.get(row.id),
        )
        yield [csv_cell(value) for value in cells]
