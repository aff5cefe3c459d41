"""What a server needs before it can answer: the program, its folders, its database. Each is looked at by one function.

A finding says what was found and, when something is wrong, what to do about it, as sentences for the operator. What must go on
while the server runs is looked at in core/upkeep.py.
"""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.markers import Marker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core import schema
from core.database import Database
from core.errors import N_
from core.settings import ROOT, settings

GOOD, WARNING, BAD = "good", "warning", "bad"
LEAST_FREE_BYTES = 1_000_000_000  # below this a warning, below a tenth of it a fault
_LOCKED = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)(?: ; ([^\\\n]+))?", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `sentence` and `todo` are marked for translation and filled in with `facts`."""

    name: str
    level: str
    sentence: str
    todo: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def database_findings(database: Database) -> Iterator[Finding]:
    """Whether the database answers and has the newest tables."""
    facts = {"database": database.engine.url.render_as_string(hide_password=True)}
    try:
        found, newest = schema.revision_of(database), schema.newest_revision()
    except SQLAlchemyError as error:
        facts["error"] = str(getattr(error, "orig", error)).strip().splitlines()[0][:200]
        yield Finding(
            "database",
            BAD,
            N_("数据库 %(database)s 没有应答：%(error)s"),
            N_("请检查 QINGSHAN_DATABASE_URL、数据库服务是否已启动、账号是否有权限。"),
            facts,
        )
        return
    yield Finding("database", GOOD, N_("数据库 %(database)s 有应答。"), None, facts)
    tables = {"found": found or "–", "newest": newest}
    if found != newest:
        yield Finding(
            "schema",
            BAD,
            N_("数据库表结构是 %(found)s，程序需要 %(newest)s。"),
            N_("请先备份，再运行 qingshan migrate。"),
            tables,
        )
        return
    yield Finding("schema", GOOD, N_("数据库表结构是最新版本（%(newest)s）。"), None, tables)


def durability_findings(database: Database) -> Iterator[Finding]:
    """Settings of the database that decide what a power cut may take."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            found = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
            }
            safe = found == {"journal_mode": "wal", "synchronous": 2}
            engine = f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar()}"
        else:
            found = {
                name: connection.execute(text(f"SHOW {name}")).scalar() for name in ("fsync", "synchronous_commit")
            }
            safe = found["fsync"] == "on" and found["synchronous_commit"] != "off"
            engine = f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar()}"
    facts = {"version": engine, "found": ", ".join(f"{name}={value}" for name, value in found.items())}
    if safe:
        yield Finding("durability", GOOD, N_("%(version)s 每次提交都写到磁盘（%(found)s）。"), None, facts)
    else:
        yield Finding(
            "durability",
            BAD,
            N_("%(version)s 断电时可能丢失已确认的数据（%(found)s）。"),
            N_("PostgreSQL 请把 fsync 和 synchronous_commit 设为 on；SQLite 由程序自行设定，请检查磁盘类型。"),
            facts,
        )


def folder_findings(database: Database) -> Iterator[Finding]:
    """Whether the folders that the program writes to take a file and have room left."""
    places = {"files": settings().files_folder}
    if database.is_sqlite and database.url.database and database.url.database != ":memory:":
        places["database_folder"] = Path(database.url.database).parent
    for name, place in places.items():
        facts: dict[str, Any] = {"place": str(place)}
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"qingshan")
                file.flush()
                os.fsync(file.fileno())
            free = shutil.disk_usage(place).free
        except OSError as error:
            facts["error"] = error.strerror or str(error)
            yield Finding(
                name,
                BAD,
                N_("文件夹 %(place)s 不能写入：%(error)s"),
                N_("请检查该文件夹的所有者、权限和磁盘空间。"),
                facts,
            )
            continue
        facts["free"] = f"{free / 1e9:.1f}"
        if free < LEAST_FREE_BYTES:
            level = BAD if free < LEAST_FREE_BYTES / 10 else WARNING
            yield Finding(
                name,
                level,
                N_("文件夹 %(place)s 只剩 %(free)s GB 空间。"),
                N_("请清理磁盘或扩容；qingshan clean 可清理过期文件。"),
                facts,
            )
        else:
            yield Finding(name, GOOD, N_("文件夹 %(place)s 可以写入，剩余 %(free)s GB。"), None, facts)


def program_findings(database: Database) -> Iterator[Finding]:
    """The program itself: Python, its packages as locked, and settings that do not fit a network."""
    facts = {"python": platform.python_version(), "system": platform.system()}
    yield Finding("python", GOOD, N_("Python %(python)s，%(system)s。"), None, facts)
    yield from _packages()
    if not settings().secure_cookies and not _on_this_machine(settings().host):
        yield Finding(
            "cookies",
            WARNING,
            N_("服务对外监听（%(host)s），登录信息以明文传输。"),
            N_("请在前面放一个 HTTPS 反向代理，并设 QINGSHAN_SECURE_COOKIES=true；只用明文内网时请确认网络可信。"),
            {"host": settings().host},
        )
    if settings().public_address is None and (settings().secure_cookies or not _on_this_machine(settings().host)):
        yield Finding(
            "public_address",
            WARNING,
            N_("没有设定本系统的网址：发给别人的链接跟着浏览器给出的主机名走，假冒的主机名也不会被拒绝。"),
            N_("请设 QINGSHAN_PUBLIC_ADDRESS，例如 https://qingshan.example.gov.cn。"),
        )
    issuer = urlsplit(settings().oidc_issuer or "")
    if issuer.scheme == "http" and not _on_this_machine(issuer.hostname or ""):
        yield Finding(
            "identity_provider",
            WARNING,
            N_("统一身份认证 %(issuer)s 走的是明文，网络上的人可以冒充它。"),
            N_("请向它的管理员索取 https 地址，再设 QINGSHAN_OIDC_ISSUER。"),
            {"issuer": settings().oidc_issuer},
        )
    host = database.url.host or "localhost"
    elsewhere = not database.is_sqlite and not _on_this_machine(host)
    if elsewhere and database.url.query.get("sslmode") not in ("verify-ca", "verify-full"):
        yield Finding(
            "database_connection",
            WARNING,
            N_("数据库在另一台机器（%(host)s）上，连接时不核对它的证书。"),
            N_("请在 QINGSHAN_DATABASE_URL 末尾加上 %(option)s，并装好签发它证书的根证书。"),
            {"host": host, "option": "?sslmode=verify-full"},
        )
    if settings().demo:
        yield Finding("demo", WARNING, N_("正在使用演示数据。"), N_("正式使用请另建数据库，并去掉 QINGSHAN_DEMO。"))


def _on_this_machine(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


def _packages() -> Iterator[Finding]:
    """Whether what is installed is what was tested."""
    lock = ROOT / "requirements.lock"
    if not lock.is_file():
        return
    wrong = []
    for name, locked, marker in _LOCKED.findall(lock.read_text(encoding="utf-8")):
        if marker and not Marker(marker).evaluate():
            continue  # for another system or another Python
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "–"
        if found != locked:
            wrong.append(f"{name} {found} ≠ {locked}")
    if wrong:
        yield Finding(
            "packages",
            WARNING,
            N_("已安装的软件包与锁定文件不同：%(wrong)s"),
            N_("请运行 make setup，或用 pip install --require-hashes -r requirements.lock 重新安装。"),
            {"wrong": ", ".join(wrong[:5])},
        )
    else:
        yield Finding("packages", GOOD, N_("已安装的软件包与锁定文件一致。"))


def faults(database: Database) -> list[str]:
    """The names of what keeps the server from answering: the database, its tables, or a folder. Empty: it is ready."""
    looked = (*database_findings(database), *folder_findings(database))
    return [finding.name for finding in looked if finding.level == BAD]
