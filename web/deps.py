"""What a route may ask for: a session, the person who asks, and whether the same write was already done.

A route that shows:

    @router.get("/projects")
    def get_projects(request: Request, reader: SignedIn, session: Reading) -> Response:
        return page(request, "portfolio/projects.html", rows=…)

Dependencies that do not wait for the database are `async`: each plain one would cost a trip to a thread. What every page
depends on has few dependencies of its own, because each of those costs time on every page.

A route that writes. `reader` stands before `session`, so that strangers are turned away before the write begins; the answer
leaves after the commit; whatever is raised undoes everything:

    @router.post("/projects")
    def post_project(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
        if done := answered(session, typed.key, reader):
            return done                                    # the second press of the same button
        with shown_again(request, lambda problems: _form(request, session, typed, problems)):  # web/forms.py
            project = create_project(session, …, by=reader.actor)
        return leads_to(session, typed.key, reader, f"/projects/{project.code}")

The template of the form carries `{{ forms.key(typed) }}`. A streaming body outlives the route, so it opens its own
`database.reading()` inside its generator.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Annotated

from anyio import Semaphore
from anyio.lowlevel import RunVar
from fastapi import Depends, Path, Request
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session, func, select

from core.database import THREADS, Database
from core.errors import SignInNeeded
from core.requests import find_answer, remember_answer
from portfolio.access import Reader, signed_in_reader
from web.acting import must_be_meant
from web.bearer import bearer_of, name_program, program_of, reader_of_token
from web.choices import Choices, read_choices
from web.cookies import cookie_of
from web.unsaved import note_name

SESSION_COOKIE = "qingshan_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SPARE = 4  # connections of the pool beyond one for each place (core/database.py, max_overflow)


async def the_database(request: Request) -> Database:
    return request.app.state.database


AppDatabase = Annotated[Database, Depends(the_database)]


async def a_place(request: Request) -> AsyncIterator[None]:
    """Holds one of as many places as there are threads and connections.

    A request keeps its connection while it waits for a thread. Without this count a crowd would hold every connection and
    occupy every thread with waiting for one more. What the request reads from is closed here.
    """
    try:
        yield
    finally:
        session = getattr(request.state, "session", None)
        if session is not None:
            del request.state.session  # a page of refusal that asked it would open it anew, and nobody would close it
            if request.app.state.database.is_sqlite:
                session.close()  # ends a view of a file: no waiting, so no trip to a thread
            else:
                await run_in_threadpool(session.close)


Place = Annotated[None, Depends(a_place, scope="function", max_concurrency=THREADS)]


async def reading_session(request: Request, _place: Place) -> Session:
    """The one view of the database that a request reads from; its place closes it."""
    return opened_once(request, request.app.state.database)


def opened_once(request: Request, database: Database) -> Session:
    # Opening takes no connection yet: the first query does.
    if not hasattr(request.state, "session"):
        request.state.session = database.open_to_read()
    return request.state.session


async def writing_session(database: AppDatabase, _place: Place) -> AsyncIterator[Session]:
    async with write_block(database) as session:
        yield session


Reading = Annotated[Session, Depends(reading_session, scope="function")]
Writing = Annotated[Session, Depends(writing_session, scope="function")]

_counts: RunVar[dict[str, Semaphore]] = RunVar("qingshan_counts")


def at_most(count: int, what: str) -> Semaphore:
    """Lets so many tasks of this event loop into a block at once; waiting takes no thread."""
    try:
        counts = _counts.get()
    except LookupError:
        counts = {}
        _counts.set(counts)
    return counts.setdefault(what, Semaphore(count))


@asynccontextmanager
async def write_block(database: Database) -> AsyncIterator[Session]:
    """One transaction, for code on the event loop; its queries belong in a thread."""
    # Writers of SQLite queue here and not in threads: the one whose turn it is needs a thread to finish.
    turn = at_most(1, f"writer of {database.url}") if database.is_sqlite else nullcontext()
    async with turn, contextmanager_in_threadpool(database.writing()) as session:
        yield session


def find_reader(request: Request, _place: Place) -> Reader | None:
    """Who is signed in on this browser, with everything that the gate needs; kept on the request once it is known."""
    if not hasattr(request.state, "reader"):
        database = request.app.state.database
        if request.method in SAFE_METHODS:
            request.state.reader = _reader(request, opened_once(request, database))
        else:
            _ask_apart(
                request, database
            )  # a write opens a session of its own, and a request holds one connection at a time
    return request.state.reader


def _reader(request: Request, session: Session) -> Reader | None:
    brought = bearer_of(request)
    if brought is not None:
        return reader_of_token(request, session, brought)  # a program: its cookies, if any, mean nothing
    token = cookie_of(request, SESSION_COOKIE)
    return signed_in_reader(session, token) if token else None


def _ask_apart(request: Request, database: Database) -> None:
    with database.reading() as session:
        request.state.reader = _reader(request, session)


async def reader_for_refusal(request: Request) -> Reader | None:
    """The same for answers that no route makes. They hold no place, so only as many ask at once as connections are spare."""
    if not hasattr(request.state, "reader"):
        async with at_most(SPARE, "refusals"):
            await run_in_threadpool(_ask_apart, request, request.app.state.database)
    return request.state.reader


FoundReader = Annotated[Reader | None, Depends(find_reader)]


async def signed_in(request: Request, reader: FoundReader) -> Reader:
    """Errors: SignInNeeded; ActingEnded, OnlyInOwnName."""
    if reader is None:
        raise SignInNeeded
    if reader.acting is not None and request.method not in SAFE_METHODS:
        await must_be_meant(request, reader.acting)
    note_name(reader)
    program = program_of(request)
    if program is not None:
        name_program(program)  # here and not in the thread that found it: what is set there, the route would not see
    return reader


async def an_admin(reader: Annotated[Reader, Depends(signed_in)]) -> Reader:
    """Errors: SignInNeeded; NotThere for anybody who may not manage people."""
    reader.must("people")
    return reader


SignedIn = Annotated[Reader, Depends(signed_in)]
Admin = Annotated[Reader, Depends(an_admin)]
# A number in a path that could be a record's id; anything else is a record that does not exist.
RecordId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Chosen = Annotated[Choices, Depends(read_choices)]


def see_other(address: str) -> RedirectResponse:
    """Leads the browser to another page of ours with a GET."""
    return RedirectResponse(address, status_code=303)


def answered(session: Session, key: str | None, reader: Reader | None) -> RedirectResponse | None:
    """Where a write with this request key led, when the same person has already done it."""
    if not key:
        return None
    if session.get_bind().dialect.name == "postgresql":
        # Twins that arrive together wait for each other here; SQLite's writers do so anyway.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    led_to = find_answer(session, key, None if reader is None else reader.actor.id)
    return None if led_to is None else see_other(led_to)


def leads_to(session: Session, key: str | None, reader: Reader | None, address: str) -> RedirectResponse:
    """Remembers the key together with the write that was just done, and leads to its result."""
    remember_answer(session, key, None if reader is None else reader.actor.id, address)
    return see_other(address)
