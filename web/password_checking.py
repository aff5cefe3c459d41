"""Passwords that people type, looked at without holding anybody up, and how often they may be tried."""

from functools import partial

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from core.database import Database
from core.errors import N_, Broken, Missing
from core.lockout import Try, count_try, give_back, note_lock
from core.passwords import PasswordsDiffer, check_password
from core.people import Person, WrongPassword, person_with_password
from web.deps import at_most, write_block
from web.forms import Typed, collecting

HASHED_AT_ONCE = 4  # each hash takes 64 MB for a quarter of a second


class TooManyTries(Broken):
    status = 429
    sentence = N_("尝试次数过多，请一分钟后再试。")


class WrongOldPassword(Broken):
    """Of somebody who is signed in: the field tells which password is meant."""

    sentence = N_("密码不正确。")


class Tries:
    """Counts tries per address, in this process; those per name stand in the database."""

    def __init__(self, limit: str) -> None:
        self.limit: RateLimitItem = parse(limit)
        self.counter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, request: Request) -> None:
        """Errors: TooManyTries when this address tried too often."""
        if not self.counter.hit(self.limit, request.client.host if request.client else ""):
            raise TooManyTries


async def counted_try(database: Database, username: str, field: str) -> Try:
    """A try for this name, counted before it is looked at. Errors: AccountLocked."""
    async with write_block(database) as session:
        return await run_in_threadpool(partial(count_try, session, username, field=field))


async def noted_lock(database: Database, tried: Try) -> None:
    """Leaves a row in the trail when the try was wrong and locked the account."""
    if tried.locks:
        async with write_block(database) as session:
            await run_in_threadpool(note_lock, session, tried)


async def checked_person(request: Request, database: Database, username: str, password: str) -> tuple[Person, Try]:
    """The person who has this name and password, and the try that was counted for it: give it back or forget it.

    Errors: TooManyTries, AccountLocked, WrongPassword.
    """
    tries: Tries = request.app.state.tries
    tries.count(request)
    tried = await counted_try(database, username, "password")
    try:
        return await _person(database, username, password), tried
    except WrongPassword:
        await noted_lock(database, tried)
        raise


async def check_own_password(request: Request, database: Database, username: str, password: str, field: str) -> None:
    """Whether somebody who is signed in knows the password of the account.

    Errors: TooManyTries, AccountLocked, WrongOldPassword.
    """
    try:
        _person, tried = await checked_person(request, database, username, password)
    except WrongPassword as error:
        raise WrongOldPassword(field=field) from error
    await give_try_back(database, tried)


async def give_try_back(database: Database, tried: Try) -> None:
    """Takes back the count of a try that was right."""
    async with write_block(database) as session:
        await run_in_threadpool(give_back, session, tried)


async def _person(database: Database, username: str, password: str) -> Person:
    def check() -> Person:
        with database.reading() as session:
            person = person_with_password(session, username, password)
            session.expunge(person)
            return person

    # The hash is computed outside any transaction that others wait for, and only so many at once.
    async with at_most(HASHED_AT_ONCE, "password hashes"):
        return await run_in_threadpool(check)


def check_new_password(typed: Typed, problems: list[Broken], *about: str) -> None:
    """Adds what is wrong with a new password, typed twice, to the problems."""
    with collecting(problems):
        if not typed["password"]:
            raise Missing(field="password", label=N_("密码"))
        check_password(typed["password"], *about)
        if typed["password"] != typed["password_again"]:
            raise PasswordsDiffer(field="password_again")
