"""Recomputing the chain of seals in one stream, and telling what does not fit: which seal, which entry, of when."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor, AuditEntry
from core.audit_lines import MARK, entry_lines, mark_of, moment_column, reading_anything
from core.audit_seals import FIRST, AuditSeal, SealHash
from core.database import select_columns
from core.errors import N_
from core.people import aware

CHANGED, REMOVED, INSERTED = "changed", "removed", "inserted"
SEAL_CHANGED, SEAL_MISSING, UNCHAINED, NOT_AS_EXPECTED = "seal-changed", "seal-missing", "unchained", "not-as-expected"
PROBLEMS = {
    CHANGED: N_("记录被改动"),
    REMOVED: N_("记录被删除"),
    INSERTED: N_("记录是事后插入的"),
    SEAL_CHANGED: N_("封印本身被改动，或者内容与封印不符而无法指出是哪一条"),
    SEAL_MISSING: N_("封印缺失"),
    UNCHAINED: N_("与上一个封印接不上"),
    NOT_AS_EXPECTED: N_("与抄录在外的封印不符"),
}
MOST_TOLD = 1_000  # problems that are told one by one; all are counted
LOG, VERIFY = "audit_log", "verify-log"  # of the audit trail


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit: of a seal, or of an entry in it. `at` is the moment that the entry, else the seal, says."""

    kind: str
    seal: int
    entry: int | None = None
    at: str | None = None


@dataclass
class Verification:
    """What verifying found; sound when `problems` is empty."""

    seals: int = 0
    entries: int = 0
    unsealed: int = 0
    head_number: int = 0
    head_hash: str = FIRST
    sealed_until: str | None = None
    broken: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not self.counts

    def tell(self, kind: str, seal: int, entry: int | None = None, at: str | None = None) -> None:
        if not self.broken or self.broken[-1] != seal:
            self.broken.append(seal)
        self.counts[kind] += 1
        if len(self.problems) < MOST_TOLD:
            readable = None if at is None else at.encode("utf-8", "backslashreplace").decode()
            self.problems.append(Problem(kind, seal, entry, readable))

    def as_json(self) -> dict[str, Any]:
        """What scripts read."""
        return {
            "sound": self.sound,
            **{name: value for name, value in asdict(self).items() if name not in ("problems", "counts", "broken")},
            "first_broken": self.broken[0] if self.broken else None,
            "broken": self.broken,
            "counts": dict(self.counts),
            "problems": [asdict(one) for one in self.problems],
        }


@dataclass(frozen=True)
class Seal:
    """A seal as it is stored. One that was tampered with may hold anything: then it is not `readable`."""

    number: int
    first_id: int
    last_id: int
    entries: int
    previous_hash: str
    hash: str
    sealed_at: str
    sealed_by: str
    marks: bytes

    @property
    def readable(self) -> bool:
        numbers = (self.first_id, self.last_id, self.entries)
        texts = (self.previous_hash, self.hash, self.sealed_at, self.sealed_by)
        return all(isinstance(one, int) for one in numbers) and (
            all(isinstance(one, str) for one in texts) and isinstance(self.marks, bytes)
        )


_BEFORE_ALL = Seal(0, 0, 0, 0, FIRST, FIRST, "", "", b"")


def verification(session: Session, expected: tuple[int, str] | None = None) -> Verification:
    """Goes through all seals and entries once. `expected` is a seal's number and hash as they were written down outside.

    What was added, changed or removed after the newest seal cannot be told; `unsealed` says how many entries that concerns.
    """
    began, found, as_expected = time.perf_counter(), Verification(), expected is None
    with reading_anything(session):
        lines = _Lines(entry_lines(session, -(2**62)))
        before = _BEFORE_ALL
        for seal in _seals(session):
            before = _checked(found, lines, before, seal)
            found.seals += 1
            as_expected = as_expected or (seal.number, seal.hash) == expected
        if expected is not None and not as_expected:
            found.tell(NOT_AS_EXPECTED, expected[0])
        found.head_number, found.head_hash = before.number, before.hash
        found.sealed_until = before.sealed_at or None
        found.unsealed = sum(1 for _ in lines.up_to(None))
    found.seconds = round(time.perf_counter() - began, 3)
    return found


class _Lines:
    """The stream of entries, taken up to one id after the other."""

    def __init__(self, lines: Iterator[tuple[int, str, bytes]]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def up_to(self, last_id: int | None) -> Iterator[tuple[int, str, bytes]]:
        while self._next is not None and (last_id is None or self._next[0] <= last_id):
            yield self._next
            self._next = next(self._lines, None)


def _seals(session: Session) -> Iterator[Seal]:
    columns = {name: getattr(AuditSeal, name) for name in Seal.__dataclass_fields__}
    columns["sealed_at"] = moment_column(session, AuditSeal.sealed_at)
    query = select_columns(*columns.values()).order_by(col(AuditSeal.number))
    for row in session.execute(query.execution_options(yield_per=50)):  # whose marks are some megabytes
        yield Seal(*row)


def _checked(found: Verification, lines: _Lines, before: Seal, seal: Seal) -> Seal:
    """Holds one seal against the one before it and against its entries; what the next one is held against comes back."""
    for missing in range(before.number + 1, min(seal.number, before.number + 1 + MOST_TOLD)):
        found.tell(SEAL_MISSING, missing)
    if not seal.readable:
        found.tell(SEAL_CHANGED, seal.number)
        return replace(before, number=seal.number, hash="")
    if seal.previous_hash != before.hash:
        found.tell(UNCHAINED, seal.number, at=seal.sealed_at)
    # Entries before the seal's first are too many, unless they may be of a seal that is not there.
    follows = seal.number == before.number + 1 and before.hash != ""
    hashed, marks, moments, first, last = SealHash(seal.previous_hash), bytearray(), [], 0, 0
    for id_, at, digest in lines.up_to(seal.last_id):
        if id_ < seal.first_id:
            if follows:
                found.tell(INSERTED, seal.number, id_, at)
            continue
        first, last = first or id_, id_
        hashed.add(digest)
        marks += mark_of(id_, digest)
        moments.append(at)
    count = len(moments)
    found.entries += count
    same = hashed.end(seal.number, first, last, count, seal.sealed_at, seal.sealed_by) == seal.hash
    if same and (seal.first_id, seal.last_id, seal.entries, seal.marks) == (first, last, count, marks):
        return seal
    if same or len(seal.marks) != MARK * seal.entries or not _told(found, seal, bytes(marks), moments):
        found.tell(SEAL_CHANGED, seal.number, at=seal.sealed_at)
    return seal


def _told(found: Verification, seal: Seal, marks: bytes, moments: list[str]) -> bool:
    """Tells of the entries of a seal that are not as it marked them; False when all of them are."""
    were, are = _by_id(seal.marks), _by_id(marks)
    for moment, (id_, mark) in zip(moments, are.items(), strict=True):
        if id_ not in were:
            found.tell(INSERTED, seal.number, id_, moment)
        elif were[id_] != mark:
            found.tell(CHANGED, seal.number, id_, moment)
    for id_ in were.keys() - are.keys():
        found.tell(REMOVED, seal.number, id_, seal.sealed_at)
    return were != are


def _by_id(marks: bytes) -> dict[int, bytes]:
    pieces = (marks[start : start + MARK] for start in range(0, len(marks), MARK))
    return {int.from_bytes(piece[:8], "big", signed=True): piece[8:] for piece in pieces}


# ---- what was found, kept


@dataclass(frozen=True)
class LastVerification:
    """When the trail was verified last, by whom, and with what result."""

    at: datetime
    actor: str
    sound: bool
    facts: dict[str, Any]


def keep_verification(session: Session, found: Verification, *, by: Actor) -> None:
    """Writes the result into the audit trail itself."""
    facts = {
        "sound": found.sound,
        "seals": found.seals,
        "entries": found.entries,
        "unsealed": found.unsealed,
        "head": f"{found.head_number}:{found.head_hash}",
        "broken": found.broken[:20],
        "counts": dict(found.counts),
    }
    audit.record(session, VERIFY, LOG, 0, after=facts, by=by)


def last_verification(session: Session) -> LastVerification | None:
    rows = select(AuditEntry).where(AuditEntry.subject == LOG, AuditEntry.subject_id == 0, AuditEntry.action == VERIFY)
    row = session.exec(rows.order_by(col(AuditEntry.id).desc()).limit(1)).first()
    if row is None:
        return None
    facts = json.loads(row.after or "{}")
    return LastVerification(aware(row.at), row.actor, bool(facts.get("sound")), facts)
