"""Properties of the roll-up of works into an indicator, whatever the works and their units are."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core.units import converted
from milestones.indicator_rollup import Amounts, summed_effects, works_unit
from milestones.support import ENOUGH, SHORT
from tests.milestones.test_indicator_rollup import XIAOYI, xiaoyi

QUANTITIES = st.lists(
    st.tuples(
        st.integers(0, 10**12).map(lambda micro: Fraction(micro, 10**6)),
        st.sampled_from(["亩", "公顷", "万亩", "平方公里"]),
    ),
    max_size=8,
)


@given(QUANTITIES, st.randoms(use_true_random=False), st.integers(0, 8))
def test_the_order_and_the_grouping_of_works_change_nothing(quantities, dice, cut):
    amounts = [Amounts(1, unit, planned=value, verified=value) for value, unit in quantities]
    shuffled = dice.sample(amounts, len(amounts))
    whole = summed_effects(XIAOYI, amounts)
    assert summed_effects(XIAOYI, shuffled) == whole
    halves = [summed_effects(XIAOYI, some) for some in (shuffled[:cut], shuffled[cut:])]
    assert sum((one.planned or Fraction(0) for one in halves), Fraction(0)) == (whole.planned or Fraction(0))
    undone = [*amounts, *(Amounts(1, one.unit, verified=-(one.verified or 0)) for one in amounts)]
    assert (summed_effects(XIAOYI, undone).counted or 0) == 0


@given(QUANTITIES)
def test_the_gap_closes_what_is_missing_and_support_is_whole_then(quantities):
    amounts = [Amounts(1, unit, planned=value) for value, unit in quantities]
    found = xiaoyi(*amounts)
    assert found.gap is not None
    assert found.unit is not None
    closed = xiaoyi(*amounts, Amounts(1, found.unit, planned=found.gap))
    assert closed.verdict == ENOUGH
    assert closed.gap == 0
    assert closed.support is not None
    assert closed.support >= 1
    assert (closed.support == 1) == (found.verdict == SHORT or found.planned == found.needed)


@given(QUANTITIES)
def test_units_make_the_round_trip_exactly(quantities):
    for value, unit in quantities:
        effect = XIAOYI.effect(1, value, unit)
        assert effect is not None
        assert converted(effect, "平方公里", unit) == value
        counted_in = works_unit(XIAOYI, [unit])
        assert counted_in is not None
        assert counted_in.quantity(effect) == converted(value, unit, counted_in.unit)
