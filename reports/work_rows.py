"""Works as files: the rows of milestones.work_list.every_work as CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
