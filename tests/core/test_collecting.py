"""What a large file was read into is not searched for cycles, and the search goes on afterwards."""

import gc

import pytest

from core.collecting import uncollected


def _is_old(made: object) -> bool:
    return any(one is made for one in gc.get_objects(generation=2))


def test_nothing_is_searched_inside_and_everything_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected(makes_no_cycles=True):
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_search_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), uncollected(makes_no_cycles=True):
        raise ZeroDivisionError
    assert gc.isenabled()


@pytest.mark.parametrize("makes_no_cycles", [True, False])
def test_what_holds_no_cycles_counts_as_old_at_once(makes_no_cycles: bool) -> None:
    with uncollected(makes_no_cycles=makes_no_cycles):
        made: list[object] = [[]]
        assert not _is_old(made)
    assert _is_old(made) is makes_no_cycles
