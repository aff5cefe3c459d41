"""A filled workbook on its way into a return: examined, kept with what was found, applied all or nothing, or given up."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from budgets.importing.applying import ChangedMeanwhile, NotStaged, StillBlocked
from budgets.importing.findings import BLOCKING, WARNING, Findings, problems_from
from budgets.importing.reading import open_sheets
from budgets.sources import source_tree
from core import audit
from core.audit import Actor
from core.calendar import now
from core.collecting import seldom_collected
from core.errors import N_, Broken, NotThere
from core.files import StoredFile
from core.signing import find_secret
from milestones.work_rules import JumpOfTenThousand
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.return_cells import (
    CellChange,
    KeptReturn,
    cells_of,
    check_cells,
    keep_for_filling,
    put_kept_cells,
    values_of,
)
from reports.return_fields import CellKey
from reports.return_form import MadeWorkbook
from reports.return_merge import decided, merged
from reports.return_problems import EXPECTED, AnotherReturn, UnknownWorkbook
from reports.return_reading import FilledForm, control_of, read_form
from reports.return_workbooks import find_made
from reports.returns import (
    ABANDONED,
    APPLIED,
    FILE,
    READING,
    STAGED,
    UPLOAD_STATES,
    DepartmentReturn,
    ReturnUpload,
)

SUBJECT = "department_return"


class ConflictsLeft(Broken):
    status = 409
    sentence = N_("有 %(count)s 格在网页和文件里改得不一样，还没有选择以哪个为准，没有填入任何内容。")


class StagedChange(NamedTuple):
    """A cell that the file would change: where it stands in the file, and its three values."""

    key: CellKey
    base: str | None
    theirs: str | None
    ours: str | None
    sheet: str
    cell: str

    @property
    def is_conflict(self) -> bool:
        return self.ours != self.base


@dataclass(frozen=True)
class Examined:
    """What a file came to: which workbook it is (None: none of ours), what it would change, what was found wrong."""

    made: MadeWorkbook | None
    return_: DepartmentReturn | None
    changes: tuple[StagedChange, ...]
    findings: Findings
    rows: int = 0
    checked: bool = True


def examined(session: Session, path: Path, expected: DepartmentReturn | None = None, *, check: bool = True) -> Examined:
    """Reads a file and compares it with what stands. Nothing is written and nothing is kept from others.

    `expected` is the return that it was sent for; without it the file itself says whose it is. Without `check` what the records
    say against the changes is left to whoever applies it at once.
    """
    with seldom_collected():
        return _examined(session, path, expected, check)


def _examined(session: Session, path: Path, expected: DepartmentReturn | None, check: bool) -> Examined:
    findings = Findings()
    made: MadeWorkbook | None = None
    return_: DepartmentReturn | None = None
    try:
        tables = open_sheets(path)
        control = control_of(tables, find_secret(session) or b"")
        made = find_made(session, control.token)
        if made is None:
            raise UnknownWorkbook(found=f"{control.department} {control.period}", expected=N_("从本系统下载的填报表"))
        return_ = session.get_one(DepartmentReturn, made.return_id)
        if expected is not None and expected.id != return_.id:
            raise AnotherReturn(found=return_name(session, return_), expected=return_name(session, expected))
        check_cells(session, return_, ())
        filled = read_form(tables, made, source_tree(session))
    except Broken as error:
        findings.add(error, sheet=None, cell=None)
        return Examined(made, return_, (), findings)
    changes = _changes(session, made, filled)
    found = Examined(made, return_, changes, filled.findings, filled.rows, check)
    if check:
        add_problems(found, check_cells(session, return_, [CellChange(one.key, one.theirs) for one in changes]))
    return found


def return_name(session: Session, return_: DepartmentReturn) -> str:
    """Plan, department and period of a return, as messages name it."""
    plan = session.get_one(Plan, return_.plan_id).short_title
    department = session.get_one(Department, return_.department_id).name
    return f"{plan} {department} {session.get_one(ReportingPeriod, return_.period_id).name}"


def _changes(session: Session, made: MadeWorkbook, filled: FilledForm) -> tuple[StagedChange, ...]:
    ours = values_of(session, made.return_id)
    places = filled.places
    return tuple([StagedChange._make((*one, *places[one.key])) for one in merged(made.base, filled.cells, ours)])


def add_problems(found: Examined, problems: Mapping[CellKey, Iterable[Broken]]) -> None:
    """Adds what the records say against the changes, at their cells; a jump of ten thousand is asked about and blocks nothing."""
    places = {one.key: (one.sheet, one.cell) for one in found.changes}
    for key, several in problems.items():
        sheet, cell = places[key]
        for problem in several:
            problem.facts.setdefault("expected", EXPECTED.get(problem.code, N_("见说明")))
            severity = WARNING if isinstance(problem, JumpOfTenThousand) else BLOCKING
            found.findings.add(problem, sheet=sheet, cell=cell, severity=severity)


def new_upload(session: Session, return_: DepartmentReturn, file: StoredFile, *, by: Actor) -> ReturnUpload:
    """A file that is about to be read."""
    assert return_.id is not None
    assert file.id is not None
    row = ReturnUpload(
        return_id=return_.id,
        file_id=file.id,
        state=READING,
        problems="{}",
        changes="[]",
        uploaded_by_id=by.id,
        uploaded_by=by.name,
    )
    session.add(row)
    session.flush()
    return row


def stage_upload(session: Session, upload_id: int, found: Examined, marked: StoredFile | None) -> ReturnUpload:
    """Keeps what was found of a file; what an earlier reading kept is replaced.

    Errors: NotStaged when it was applied or given up meanwhile.
    """
    with seldom_collected():
        return _staged(session, upload_id, found, marked)


def _staged(session: Session, upload_id: int, found: Examined, marked: StoredFile | None) -> ReturnUpload:
    row = _claimed(session, upload_id, (READING, STAGED))
    row.workbook_id = None if found.made is None else found.made.id
    row.marked_file_id = None if marked is None else marked.id
    row.blocking_count = found.findings.blocking
    row.problems = found.findings.as_json(warnings=found.findings.warnings, rows=found.rows, checked=found.checked)
    kept = [(*one[0], *one[1:]) for one in found.changes]
    row.changes = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    row.state = STAGED
    session.add(row)
    session.flush()
    return row


def changes_of(row: ReturnUpload) -> list[StagedChange]:
    """What a staged file would change."""
    return [StagedChange(CellKey(*one[:3]), *one[3:]) for one in json.loads(row.changes)]


def found_in(row: ReturnUpload) -> dict[str, Any]:
    """What reading a staged file found: problems, notes, counts."""
    kept: dict[str, Any] = json.loads(row.problems)
    return kept


def problems_of(row: ReturnUpload, language: str) -> list[dict[str, Any]]:
    """The problems of a staged file, as `import` prints them."""
    return problems_from(found_in(row), language)


def uploads_of(session: Session, return_id: int, limit: int = 10) -> list[ReturnUpload]:
    """The files that were sent for a return, newest first."""
    rows = select(ReturnUpload).where(ReturnUpload.return_id == return_id).order_by(col(ReturnUpload.id).desc())
    return list(session.exec(rows.limit(limit)))


def apply_upload(
    session: Session,
    upload_id: int,
    *,
    take_file: Collection[CellKey] = (),
    keep: Collection[CellKey] = (),
    as_typed: bool = False,
    found: Examined | None = None,
    by: Actor,
) -> int:
    """Writes what a staged file changes into the cells of its return: all of it or nothing; how many cells changed comes back.

    `take_file` and `keep` decide the conflicts; `as_typed`: the person looked at the jumps that were asked about. `found`: what
    was staged, from who staged it in this transaction and need not read it back.
    Errors: NotStaged, StillBlocked, ConflictsLeft; ChangedMeanwhile when a cell of the file was changed since it was read;
    those of put_cells.
    """
    with seldom_collected():
        return _applied(session, upload_id, take_file, keep, as_typed=as_typed, found=found, by=by)


def _applied(
    session: Session,
    upload_id: int,
    take_file: Collection[CellKey],
    keep: Collection[CellKey],
    *,
    as_typed: bool,
    found: Examined | None,
    by: Actor,
) -> int:
    row = _claimed(session, upload_id, (STAGED,))
    if row.blocking_count:
        raise StillBlocked(count=f"{row.blocking_count:,}")
    return_ = session.get_one(DepartmentReturn, row.return_id)
    period = keep_for_filling(session, return_)
    staged = changes_of(row) if found is None else found.changes
    stand = cells_of(session, row.return_id)
    ours = {key: cell.value for key, cell in stand.items()}
    if any(ours.get(one.key) != one.ours for one in staged):
        raise ChangedMeanwhile(what=N_("有的格已在网页上修改"))
    wanted, left = decided(staged, take_file, keep)
    if left:
        raise ConflictsLeft(count=len(left))
    # Jumps were asked about when the file was checked; without any there is nothing to ask again.
    told = found_in(row)
    seen = as_typed or (told["checked"] and not told["warnings"])
    changes = [CellChange(one.key, one.theirs, None, seen) for one in wanted]
    done = put_kept_cells(session, KeptReturn(return_, period, stand), changes, origin=FILE, by=by)
    row.state, row.applied_at = APPLIED, now()
    session.add(row)
    facts = {"upload": upload_id, "changed": len(done), "kept": len(staged) - len(wanted)}
    audit.record(session, "apply-workbook", SUBJECT, row.return_id, after=facts, by=by)
    session.flush()
    return len(done)


def abandon_upload(session: Session, upload_id: int, *, by: Actor) -> None:
    """Errors: NotStaged when it was applied or given up already."""
    row = _claimed(session, upload_id, (READING, STAGED))
    row.state = ABANDONED
    session.add(row)
    audit.record(session, "abandon-workbook", SUBJECT, row.return_id, after={"upload": upload_id}, by=by)


def read_again(session: Session, upload_id: int) -> ReturnUpload:
    """The upload, about to be read anew: the return changed since.

    Errors: NotStaged.
    """
    row = _claimed(session, upload_id, (READING, STAGED))
    row.state = READING
    session.add(row)
    return row


def _claimed(session: Session, upload_id: int, states: Collection[str]) -> ReturnUpload:
    """The upload, kept from everybody else until the transaction ends."""
    row = session.get(ReturnUpload, upload_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotThere
    if row.state not in states:
        raise NotStaged(state=UPLOAD_STATES[row.state])
    return row
