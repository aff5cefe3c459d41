"""Narrowing a list of plan records by words, and cutting it into pages by the id of the last row.

These lists (indicators, commitments, contradictions) hold some dozens of rows per plan, so their texts are compared here, alike
on both databases, instead of in an index of their own.
"""

from collections.abc import Sequence

from core.text import matching_key

PAGE = 100


def holds(wanted: str, *texts: str | None) -> bool:
    """Whether every word that was typed stands in one of the texts, whatever its width, case and spaces."""
    keys = [matching_key(text) for text in texts if text]
    return all(any(matching_key(word) in key for key in keys) for word in wanted.split())


def page_of_ids(ids: Sequence[int], after: int | None, size: int) -> tuple[list[int], int | None]:
    """The ids of one page, and the last of them when more follow. A place that is no longer in the list begins anew."""
    start = ids.index(after) + 1 if after in ids else 0
    page = list(ids[start : start + size])
    return page, page[-1] if start + size < len(ids) else None
