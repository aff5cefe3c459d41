"""A list that is streamed: whole, and in few pieces, because its answer waits for a thread before each."""

import json

import pytest

from reports.ledger_rows import PIECE, json_list


@pytest.mark.parametrize("count", [0, 1, PIECE - 1, PIECE, PIECE + 1, 8_000])
def test_a_long_list_is_sent_whole_in_few_pieces(count: int) -> None:
    rows = [{"id": number, "note": "造林"} for number in range(count)]
    pieces = list(json_list(rows))
    assert json.loads("".join(pieces)) == rows
    assert len(pieces) == count // PIECE + 1
