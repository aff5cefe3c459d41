"""Axes of charts: round amounts from 0 to the first that is not below the largest, with their texts."""

from decimal import Decimal
from fractions import Fraction

from core.money import typed
from web.progress_shown import amount

_TICKS = 5


def ticks(largest_fen: int) -> list[int]:
    """Round amounts for an axis, from 0 to the first that is not below the largest; none where there is nothing to draw."""
    if largest_fen <= 0:
        return []
    power = 10 ** max(0, len(str(largest_fen)) - 2)
    step = next(power * one for one in (1, 2, 5, 10, 20, 50) if power * one * _TICKS >= largest_fen)
    return list(range(0, largest_fen + step, step))


def money_axis(largest_fen: int, unit: str) -> list[tuple[int, str]]:
    """The amounts of an axis with their texts, which have no more places than they need."""
    return [(fen, f"{Decimal(typed(fen, unit)):,f}") for fen in ticks(largest_fen)]


def quantity_axis(largest: Fraction) -> list[tuple[Fraction, str]]:
    """The same of quantities, down to thousandths."""
    return [(value, amount(value)) for value in (Fraction(one, 1000) for one in ticks(-(-largest * 1000 // 1)))]
