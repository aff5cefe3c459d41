"""The fields that a Word template may name, filled from what an edition says."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from core.errors import N_
from reports.edition_contents import EditionContents
from reports.findings import Words
from reports.quarterly import Issued
from reports.word import WordFacts
from reports.workbook_cover import number_text

_NO_BREAK = "\u00a0"
_CURRENCY = re.compile(r"CNY [0-9,.]+( million)?")
DEMO = N_("演示数据：本文件中的数字不是真实填报，不得引用。")
# Fields, and lists with the fields of their rows: the page of the template shows them, the template that comes with the program
# uses all of them.
FIELDS = {
    "title": N_("报告名称"),
    "plan": N_("规划名称"),
    "jurisdiction": N_("所在地"),
    "period": N_("报告期"),
    "issue": N_("编号和期次，例如“第 12 号 · 总第 3 期”"),
    "as_of": N_("数据截至的日期"),
    "unit": N_("金额单位"),
    "demo": N_("演示数据的提示；不是演示数据时是空的"),
}
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "narrative": (N_("进展情况，一段一项"), {}),
    "totals": (
        N_("主要数字"),
        {
            **{"name": N_("名称"), "unit": N_("单位"), "value": N_("本期数"), "before": N_("上期数")},
            **{"change": N_("比上期")},
        },
    ),
    "lamps": (N_("亮灯个数"), {"lamp": N_("灯"), "count": N_("个数")}),
    "red": (
        N_("红灯项目"),
        {
            **{"number": N_("序号"), "code": N_("项目编号"), "name": N_("项目名称"), "department": N_("牵头部门")},
            **{"reason": N_("原因"), "turns_green_by": N_("怎样转绿")},
        },
    ),
    "indicators": (
        N_("指标"),
        {
            **{"name": N_("名称"), "unit": N_("单位"), "baseline": N_("基期值"), "target": N_("目标值")},
            **{"official": N_("监测值"), "rolled_up": N_("推算值"), "support": N_("规划支撑度")},
        },
    ),
    "corrections": (
        N_("上期更正"),
        {
            **{"number": N_("编号"), "quarter": N_("所属期"), "title": N_("事项"), "effect": N_("更正前后")},
            **{"reason": N_("原因")},
        },
    ),
    "orders": (
        N_("督办事项"),
        {
            **{"number": N_("编号"), "title": N_("事项"), "department": N_("承办部门"), "due_on": N_("办理期限")},
            **{"state": N_("办理情况")},
        },
    ),
    "notes": (N_("说明，一条一项"), {}),
}


def word_facts(
    contents: EditionContents, words: Words, *, issued: Issued | None, unit: str, demo: bool, made_on: date
) -> WordFacts:
    """What fills a template with this report, in the language of its words; without a number it is a trial."""
    fields: dict[str, Any] = {
        "title": contents.title,
        "plan": contents.plan,
        "jurisdiction": contents.jurisdiction,
        "period": contents.period,
        "issue": words.say(N_("（试填）")) if issued is None else number_text(issued, words),
        "as_of": contents.as_of,
        "unit": words.money_unit(unit),
        "demo": words.say(DEMO) if demo else "",
        **{name: _rows(getattr(contents, name), inside) for name, (_, inside) in LISTS.items()},
    }
    space = "" if words.language == "zh" else " "
    return WordFacts(_unbroken(fields), f"{contents.plan}{space}{contents.title}", made_on)


def _unbroken(value: Any) -> Any:
    """The facts with English amounts and units that no line ends within."""
    if isinstance(value, str):
        return _CURRENCY.sub(lambda found: found[0].replace(" ", _NO_BREAK), value)
    if isinstance(value, Mapping):
        return {name: _unbroken(one) for name, one in value.items()}
    return [_unbroken(one) for one in value]


def sample_facts(*, filled: bool, made_on: date) -> WordFacts:
    """Facts in which every list has a row, or none: a template must fit both, whatever the report of today holds."""
    lists = {
        name: [dict.fromkeys(inside, "样例") if inside else "样例"] if filled else []
        for name, (_, inside) in LISTS.items()
    }
    return WordFacts({**dict.fromkeys(FIELDS, "样例" if filled else ""), **lists}, "样例", made_on)


def _rows(rows: tuple[Any, ...], inside: Mapping[str, str]) -> list[Any]:
    if not inside:
        return [str(row) for row in rows]
    records = [{"number": str(place), **asdict(row)} for place, row in enumerate(rows, start=1)]
    return [{field: "—" if record[field] is None else str(record[field]) for field in inside} for record in records]
