"""A disk or a database that takes nothing more: recognised by what the system says, told as a sentence and not as a fault."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from core.errors import N_, Broken

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
# What SQLite calls it, without its details: a full disk, a limit of the system that ends in a failed write, and the rest.
_SQLITE_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE"}
_SQLITE_REFUSED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_PERM")
_POSTGRESQL_FULL = {"53100", "53200", "53000"}  # disk full, out of memory, insufficient resources
_POSTGRESQL_REFUSED = ("25006", "53300", "57P", "58", "08")  # read-only, too many, shut down, its own disk, connection


class NoRoom(Broken):
    status = 507
    sentence = N_(
        "服务器磁盘空间已满，这次的内容没有保存；此前已保存的不受影响。请联系系统管理员腾出空间，然后重新提交。"
    )


class NotWritable(Broken):
    status = 503
    sentence = N_(
        "服务器现在不能写入或连不上数据库，这次的内容没有保存；此前已保存的不受影响。请稍后再试，仍不行请联系系统管理员。"
    )


def starved(error: BaseException | None) -> Broken | None:
    """What to tell when the disk or the database takes nothing more; None for every other error."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if (found := _known(error)) is not None:
            return found
        error = error.__cause__ or error.__context__
    return None


def _known(error: BaseException) -> Broken | None:
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, DBAPIError):
        return _of_sqlite(error.orig) if isinstance(error.orig, sqlite3.Error) else _of_postgresql(error)
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return NoRoom()
        if error.errno in _REFUSED:
            return NotWritable()
    return None


def _of_sqlite(error: sqlite3.Error) -> Broken | None:
    name = getattr(error, "sqlite_errorname", "")
    if name in _SQLITE_FULL:
        return NoRoom()
    return NotWritable() if name.startswith(_SQLITE_REFUSED) else None


def _of_postgresql(error: DBAPIError) -> Broken | None:
    state = getattr(error.orig, "sqlstate", None)
    if state in _POSTGRESQL_FULL:
        return NoRoom()
    if error.connection_invalidated or (state is not None and state.startswith(_POSTGRESQL_REFUSED)):
        return NotWritable()
    return None
