"""The six rates of money, each with its formula: exact pairs of whole numbers, and the text that is printed. Pure.

Source: domain page, section 4. A rate of a group is the sum of the numerators over the sum of the denominators, never a mean.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_

UNKNOWN = "—"


@dataclass(frozen=True)
class RateDefinition:
    """What a rate is called, and its formula as pages show it."""

    name: str
    formula: str


RATES: dict[str, RateDefinition] = {
    "start": RateDefinition(N_("开工率"), N_("已开工的项目数 ÷ 项目数")),
    "investment_completion": RateDefinition(
        N_("投资完成率"), N_("累计完成投资 ÷ 有效投资估算；没有估算的子项两边都不计")
    ),
    "annual_completion": RateDefinition(
        N_("年度投资完成率"), N_("本年完成投资 ÷ 本年年度投资计划（含结转）；没有本年计划的子项两边都不计")
    ),
    "receipt": RateDefinition(N_("资金到位率"), N_("累计到位 ÷ 累计下达")),
    "payment": RateDefinition(N_("资金支付率"), N_("累计支付 ÷ 累计完成投资")),
    "budget_execution": RateDefinition(
        N_("预算执行率"), N_("本年财政资金支付 ÷ 本年年度预算（调整后，财政资金）；没有本年预算的子项两边都不计")
    ),
}


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator, as they were added up. None: not known, or without meaning in this grouping."""

    numerator: int | None
    denominator: int | None

    @property
    def exact(self) -> list[int | None]:
        """The pair as scripts get it, not reduced: 1/2 and 99/100 together are [100, 102]."""
        return [self.numerator, self.denominator]

    @property
    def value(self) -> Fraction | None:
        """None where the denominator is not known or 0: such a rate is neither 0 % nor an error."""
        if self.numerator is None or not self.denominator:
            return None
        return Fraction(self.numerator, self.denominator)

    @property
    def text(self) -> str:
        """The percentage as it is printed, rounded half up to two decimals: 48.60%; — where there is none."""
        value = self.value
        return UNKNOWN if value is None else f"{percent_text(value)}%"


def percent_text(value: Fraction) -> str:
    """A share in percent with two decimals, rounded half up (away from zero): 250000/514303 is 48.61."""
    hundredths = (abs(value.numerator) * 20_000 + value.denominator) // (2 * value.denominator)
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def group_rate(rates: Iterable[Rate]) -> Rate:
    """The rate of a group from those of its members: members whose denominator is not known are left out of both sums."""
    counted = [rate for rate in rates if rate.denominator is not None]
    if not counted:
        return Rate(None, None)
    numerators = [rate.numerator for rate in counted if rate.numerator is not None]
    return Rate(sum(numerators) if numerators else None, sum(rate.denominator or 0 for rate in counted))
