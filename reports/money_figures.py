"""What one group of a roll-up of money holds: counts, sums in fen, and the rates that follow from them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from budgets.entries import STAGES
from budgets.rates import RATES, Rate
from core.errors import N_

STAGE_COLUMNS = {stage: f"{stage}_fen" for stage in STAGES}


@dataclass(frozen=True)
class FigureDefinition:
    """The 口径 of a column: its name and how it is made."""

    name: str
    formula: str


FIGURES: dict[str, FigureDefinition] = {
    "projects": FigureDefinition(N_("项目数"), N_("顶层项目个数；打包项目计 1 个；终止项目不计")),
    "leaves": FigureDefinition(N_("子项数"), N_("没有子项目的项目 + 打包项目的子项目")),
    "without_estimate": FigureDefinition(N_("无投资估算"), N_("没有有效投资估算的子项个数")),
    "estimate_fen": FigureDefinition(N_("总投资"), N_("Σ 有效投资估算；打包项目取其自身估算，没有的取子项目之和")),
    "secured_fen": FigureDefinition(
        N_("已落实资金"), N_("Σ 已审核的总盘子；没有总盘子的子项取各年度计划之和（结转只计一次）；资金渠道待定不计")
    ),
    "gap_fen": FigureDefinition(N_("资金缺口"), N_("Σ（投资估算 − 已落实资金），逐项计算，不小于零；没有估算的不计")),
    "budget_fen": FigureDefinition(
        N_("年度投资计划"), N_("Σ 已审核的年度计划（调整后）；跨年合计时结转只计一次，按年看时含上年结转")
    ),
    "appropriated_fen": FigureDefinition(N_("下达"), N_("Σ 已审核的下达")),
    "received_fen": FigureDefinition(N_("到位"), N_("Σ 已审核的到位")),
    "contracted_fen": FigureDefinition(N_("合同"), N_("Σ 已审核的合同")),
    "work_done_fen": FigureDefinition(N_("完成投资"), N_("Σ 已审核的完成投资")),
    "paid_fen": FigureDefinition(N_("支付"), N_("Σ 已审核的支付")),
}


@dataclass(frozen=True)
class MoneyFigures:
    """One group. None: not known, or without meaning in this grouping; a ledger sum without entries is 0.

    `keys` follow the dimensions asked for; a None key is the group of the unknown (no lead department, no source).
    `budget_fen` is None where there is no approved line. `amount_fen` is only filled in rows by stage.
    The fields after it are what the rates are made of.
    """

    keys: tuple[str | int | None, ...]
    projects: int | None = None
    leaves: int | None = None
    without_estimate: int | None = None
    estimate_fen: int | None = None
    secured_fen: int | None = None
    gap_fen: int | None = None
    budget_fen: int | None = None
    appropriated_fen: int | None = None
    received_fen: int | None = None
    contracted_fen: int | None = None
    work_done_fen: int | None = None
    paid_fen: int | None = None
    amount_fen: int | None = None
    started: int | None = None
    unreported: int | None = None  # neither a state was reported nor a milestone that says it began
    done_of_estimated_fen: int | None = None
    done_this_year_fen: int | None = None
    year_plan_fen: int | None = None
    fiscal_paid_fen: int | None = None
    fiscal_budget_fen: int | None = None
    without_year_plan: int | None = None
    without_fiscal_budget: int | None = None

    @property
    def rates(self) -> dict[str, Rate]:
        """The six rates of budgets/rates.py, by name."""
        if self.amount_fen is not None:  # one stage alone has no rate
            return dict.fromkeys(RATES, Rate(None, None))
        nobody_reported = self.projects is not None and self.unreported == self.projects
        return {
            "start": Rate(None if nobody_reported else self.started, self.projects),
            "investment_completion": Rate(self.done_of_estimated_fen, self.estimate_fen),
            "annual_completion": Rate(self.done_this_year_fen, self.year_plan_fen),
            "receipt": Rate(self.received_fen, self.appropriated_fen),
            "payment": Rate(self.paid_fen, self.work_done_fen),
            "budget_execution": Rate(self.fiscal_paid_fen, self.fiscal_budget_fen),
        }

    @property
    def left_out(self) -> dict[str, int | None]:
        """How many leaves each rate leaves out of both its sums, because their denominator is not known."""
        whole = None if self.projects is None else 0
        ledger = None if self.amount_fen is not None or self.received_fen is None else 0
        return {
            "start": whole,
            "investment_completion": self.without_estimate,
            "annual_completion": self.without_year_plan,
            "receipt": ledger,
            "payment": ledger,
            "budget_execution": self.without_fiscal_budget,
        }

    def as_row(self, by: Sequence[str]) -> dict[str, Any]:
        """The row as the command line and the API print it."""
        row: dict[str, Any] = dict(zip(dict.fromkeys(by), self.keys, strict=True))
        row |= {name: getattr(self, name) for name in FIGURES}
        if "stage" in by:
            row["amount_fen"] = self.amount_fen
        row["unreported"] = self.unreported
        row["rates"] = {name: {"exact": rate.exact, "text": rate.text} for name, rate in self.rates.items()}
        return row | {"left_out": self.left_out}


NUMBERS = tuple(field.name for field in fields(MoneyFigures) if field.name != "keys")


def added(keys: tuple[str | int | None, ...], groups: Sequence[MoneyFigures]) -> MoneyFigures:
    """Several groups as one: what only one of them knows is what all know."""
    sums: dict[str, int | None] = {}
    for name in NUMBERS:
        known = [value for one in groups if (value := getattr(one, name)) is not None]
        sums[name] = sum(known) if known else None
    return MoneyFigures(keys, **sums)


def by_stage(figures: MoneyFigures) -> list[MoneyFigures]:
    """A group as one row for each stage: its amount stands in its own column and in `amount_fen`, all else is None."""
    return [
        MoneyFigures((*figures.keys, stage), **{column: getattr(figures, column)}, amount_fen=getattr(figures, column))
        for stage, column in STAGE_COLUMNS.items()
    ]
