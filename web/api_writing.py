"""Writing by the API: once for each key, all or nothing, and only at the version that the writer saw."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from sqlmodel import Session

from core.calendar import now
from core.errors import N_, Broken, NotThere
from core.kept_answers import KEPT_DAYS, KeptAnswer, find_kept, keep_answer
from portfolio.access import Reader
from portfolio.projects import Project
from web.api_access import Written, api_writer
from web.api_answers import CACHED
from web.api_body import SentJson
from web.api_fields import EntriesBroken, Fields, placed
from web.project_forms import editable_project

Of = TypeVar("Of")
New = TypeVar("New")
Row = TypeVar("Row")
REPLAYED = "Idempotency-Replayed"
_ETAG = re.compile(r'"([0-9]{1,9})\.[0-9a-f]{16}"')


class KeyReused(Broken):
    sentence = N_("这个 Idempotency-Key 在 %(days)s 天内已用于另一个内容不同的请求；每次新的写入请用新的。")


class VersionNeeded(Broken):
    status = 428
    sentence = N_("修改或删除须带 If-Match 请求头，内容是读取这条记录时得到的 ETag。")


class VersionChanged(Broken):
    status = 412
    sentence = N_("这条记录在您读取之后已被修改；请重新读取，核对后再改。")


def recorder(what: Written) -> Callable[[Reader], Awaitable[Reader]]:
    """The dependency of a route that writes this: web/api_access.py, and something somewhere that may be recorded.

    Errors: those of api_writer; NotThere for somebody who records nothing anywhere.
    """

    async def writer(reader: Annotated[Reader, Depends(api_writer(what))]) -> Reader:
        # A department's people record only what is theirs, which `must` says no to while no record is named.
        if reader.plans_for("record") == frozenset():
            raise NotThere
        return reader

    return writer


@dataclass(frozen=True)
class Done:
    """What a write is answered with. `content` None: nothing (204)."""

    status: int
    content: Any
    location: str | None = None
    etag: str | None = None


def once(session: Session, reader: Reader, sent: SentJson, do: Callable[[], Done]) -> Response:
    """Does a write and keeps its answer with the key, in one transaction; the same request gets the same answer again.

    Errors: KeyReused when the key came with something else before; those of `do`, after which the key is free.
    """
    kept = find_kept(session, sent.key, reader.actor.id)
    if kept is not None and kept.request_hash != sent.digest:
        raise KeyReused(field="Idempotency-Key", days=KEPT_DAYS)
    if kept is not None:
        return _answer(kept, {REPLAYED: "true"})
    done = do()
    body = "" if done.content is None else json.dumps(done.content, ensure_ascii=False)
    kept = KeptAnswer(
        key="",
        person_id=reader.actor.id,
        request_hash=sent.digest,
        status=done.status,
        location=done.location,
        etag=done.etag,
        body=body,
        at=now(),
    )
    keep_answer(session, sent.key, kept)
    return _answer(kept, {})


def _answer(kept: KeptAnswer, headers: dict[str, str]) -> Response:
    headers |= {"Cache-Control": CACHED}
    if kept.location is not None:
        headers["Location"] = kept.location
    if kept.etag is not None:
        headers["ETag"] = kept.etag
    if kept.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(kept.body.encode(), kept.status, headers, "application/json")


def record_etag(row_version: int, row: dict[str, Any]) -> str:
    """The ETag of one record: its version, and a hash over what is shown of it."""
    content = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return f'"{row_version}.{hashlib.sha256(content.encode()).hexdigest()[:16]}"'


def version_asked(request: Request) -> int:
    """The version of the record that the writer saw; -1, which no record has, for anything else.

    Errors: VersionNeeded.
    """
    text = request.headers.get("if-match")
    if not text:
        raise VersionNeeded(field="If-Match")
    match = _ETAG.fullmatch(text.strip())
    return int(match[1]) if match else -1


def must_be_version(session: Session, row: Any, version: int) -> None:
    """Keeps a record, and looks whether it is still what the writer saw.

    Errors: VersionChanged.
    """
    session.refresh(row, with_for_update=True)
    if row.row_version != version:
        raise VersionChanged(field="If-Match")


@dataclass
class Projects:
    """The projects that a writer may record of, each looked up once."""

    session: Session
    reader: Reader
    found: dict[str, Project | None] = field(default_factory=dict)

    def named(self, code: str) -> Project:
        """Errors: NotThere when there is none of that code or the reader may not record of it."""
        if code not in self.found:
            try:
                self.found[code] = editable_project(self.session, self.reader, code, "record").project
            except NotThere:
                self.found[code] = None
        project = self.found[code]
        if project is None:
            raise NotThere(field="project")
        return project

    @property
    def every(self) -> list[Project]:
        return [project for project in self.found.values() if project is not None]


def record_each(
    entries: Sequence[Fields],
    read: Callable[[Fields], tuple[Of, New] | None],
    hold: Callable[[Collection[Of]], None],
    record: Callable[[Of, New], Row],
    names: Mapping[str, str],
) -> list[Row]:
    """The rows of all entries, in their order. `hold` keeps what they are of, before the first is written, in everybody's order.

    Errors: EntriesBroken with everything that is wrong with any of them; then nothing is kept.
    """
    ready = []
    for one in entries:
        with placed(one.problems, one.pointer, names):
            found = read(one)
            if found is not None and not one.problems:
                ready.append((one, *found))
    hold([of for _, of, _ in ready])
    rows = []
    for one, of, new in ready:
        with placed(one.problems, one.pointer, names):
            rows.append(record(of, new))
    problems = [problem for one in entries for problem in one.problems]
    if problems:
        raise EntriesBroken(problems)
    return rows
