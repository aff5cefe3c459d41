"""Merging three versions of a return cell by cell: what stood when its workbook was made, the file, what stands now. Pure.

Domain page, section 10: only the file changed → a change; only the return changed → it is kept; both changed alike → nothing to
do; both changed differently → a conflict, which a person decides for each cell.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Key = TypeVar("Key")


class Decidable(Protocol):
    """A change as far as deciding about it goes."""

    @property
    def key(self) -> Any: ...
    @property
    def is_conflict(self) -> bool: ...


Decided = TypeVar("Decided", bound=Decidable)


class CellMerge(NamedTuple, Generic[Key]):
    """One cell in which the file differs from what stands now. None: nothing is said of it.

    `base`: when the workbook was made; `theirs`: in the file; `ours`: now.
    """

    key: Key
    base: str | None
    theirs: str | None
    ours: str | None

    @property
    def is_conflict(self) -> bool:
        """Whether both sides changed it, each in another way."""
        return self.ours != self.base

    @property
    def clears(self) -> bool:
        return self.theirs is None


def merged(
    base: Mapping[Key, str], theirs: Mapping[Key, str | None], ours: Mapping[Key, str]
) -> Iterator[CellMerge[Key]]:
    """The cells that the file changes, in the order of the file.

    `theirs` holds every cell that the file speaks of, an emptied one as None. A cell that it does not speak of, because its row
    or its sheet was deleted, is none of its changes.
    """
    for key, said in theirs.items():
        stood, stands = base.get(key), ours.get(key)
        if said not in (stood, stands):
            yield CellMerge._make((key, stood, said, stands))  # half of the time that naming each takes


def decided(
    changes: Collection[Decided], take_file: Collection[Any], keep: Collection[Any]
) -> tuple[list[Decided], list[Decided]]:
    """What is to be written once a person has decided, and the conflicts on which nobody has."""
    wanted: list[Decided] = []
    left: list[Decided] = []
    for one in changes:
        if not one.is_conflict or one.key in take_file:
            wanted.append(one)
        elif one.key not in keep:
            left.append(one)
    return wanted, left
