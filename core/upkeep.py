"""What must go on while an installation is in use: people, jobs, secrets, seals, backups. `findings` looks at everything."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sqlmodel import col, func, select

from core.api_tokens import EXPIRES_SOON, soon_over
from core.audit_seals import chain
from core.backup_schedule import backup_state
from core.calendar import day_of, now, time_of
from core.database import Database
from core.errors import N_, Broken
from core.installation import (
    BAD,
    GOOD,
    WARNING,
    Finding,
    database_findings,
    durability_findings,
    folder_findings,
    program_findings,
)
from core.jobs import RUNNING, WAITING, Job
from core.people import anybody, aware
from core.second_factors import check_secrets_file
from core.secrets_file import secrets_path

WAITED_TOO_LONG = 15  # minutes that a job or an audit entry may wait before somebody should look for the workers


def people_findings(database: Database) -> Iterator[Finding]:
    """Whether anybody can sign in."""
    with database.reading() as session:
        known = anybody(session)
    if known:
        yield Finding("people", GOOD, N_("已有账号。"))
    else:
        yield Finding(
            "people",
            WARNING,
            N_("还没有任何账号。"),
            N_("运行 qingshan serve，用它打印的一次性链接设置首位系统管理员。"),
        )


def secrets_findings(database: Database) -> Iterator[Finding]:
    """Whether the key outside the database fits what is sealed inside, and nobody else reads it."""
    path = secrets_path()
    try:
        with database.reading() as session:
            check_secrets_file(session)
    except Broken as error:
        todo = N_("请从备份恢复密钥文件；没有备份的，请对每位设过第二因素的人员运行 qingshan reset-factor。")
        yield Finding("secrets", BAD, error.sentence, todo, error.facts)
        return
    if path.exists() and path.stat().st_mode & 0o077:
        facts: dict[str, Any] = {"path": str(path), "mode": oct(path.stat().st_mode & 0o777)[2:]}
        yield Finding(
            "secrets",
            BAD,
            N_("密钥文件 %(path)s 别人也能读（权限 %(mode)s）。"),
            N_("请运行 chmod 600，并考虑让大家重新设置第二因素。"),
            facts,
        )
    else:
        yield Finding("secrets", GOOD, N_("密钥文件可以打开数据库里密封的内容。"))


def token_findings(database: Database) -> Iterator[Finding]:
    """Whether programs will soon stand before a closed door."""
    with database.reading() as session:
        soon = [(token.label, person.username, aware(token.expires_at)) for token, person in soon_over(session)]
    facts: dict[str, Any] = {"count": len(soon), "days": EXPIRES_SOON.days}
    if not soon:
        yield Finding("tokens", GOOD, N_("%(days)s 天内没有访问令牌到期。"), None, facts)
        return
    token, username, until = soon[0]
    yield Finding(
        "tokens",
        WARNING,
        N_("%(count)s 个访问令牌将在 %(days)s 天内到期，最早的是 %(username)s 的%(token)s，%(until)s 到期。"),
        N_("请让本人另建一个换到程序里；全部令牌见 qingshan token list。"),
        facts | {"token": token, "username": username, "until": f"{day_of(until)} {time_of(until)}"},
    )


def job_findings(database: Database) -> Iterator[Finding]:
    """Whether somebody does the background jobs."""
    late = now() - timedelta(minutes=WAITED_TOO_LONG)
    with database.reading() as session:
        count = select(func.count()).select_from(Job)
        waiting = session.exec(count.where(Job.state == WAITING)).one()
        stuck = session.exec(count.where(Job.state == WAITING, col(Job.created_at) < late)).one()
        running = session.exec(count.where(Job.state == RUNNING)).one()
    facts = {"waiting": waiting, "running": running, "stuck": stuck, "minutes": WAITED_TOO_LONG}
    if stuck:
        yield Finding(
            "jobs",
            BAD,
            N_("%(stuck)s 个后台任务排队超过 %(minutes)s 分钟。"),
            N_("请把 QINGSHAN_WORKERS 设为 1 以上后重启服务，或启动 qingshan work。"),
            facts,
        )
    else:
        yield Finding("jobs", GOOD, N_("后台任务：%(waiting)s 个排队，%(running)s 个进行中。"), None, facts)


def audit_findings(database: Database) -> Iterator[Finding]:
    """Whether the audit trail is being sealed."""
    with database.reading() as session:
        found = chain(session)
    facts = {"unsealed": found.unsealed, "seals": found.seals}
    late = found.unsealed_since is not None and found.unsealed_since < now() - timedelta(minutes=WAITED_TOO_LONG)
    if late:
        yield Finding(
            "audit",
            WARNING,
            N_("审计记录有 %(unsealed)s 条超过 %(minutes)s 分钟没有封印。"),
            N_("请让服务或 qingshan work 运行，或运行 qingshan audit seal。"),
            facts | {"minutes": WAITED_TOO_LONG},
        )
    else:
        yield Finding("audit", GOOD, N_("审计记录已有 %(seals)s 个封印，%(unsealed)s 条待封印。"), None, facts)


def backup_findings(database: Database) -> Iterator[Finding]:
    """Whether there is a backup young enough to be of use."""
    with database.reading() as session:
        state = backup_state(session)
    if state.folder is None:
        yield Finding(
            "backup",
            WARNING,
            N_("没有设定自动备份。"),
            N_("请设 QINGSHAN_BACKUP_FOLDER（最好在另一块磁盘上），或定时运行 qingshan backup。"),
        )
        return
    made = None if state.last_good is None or state.last_good.manifest is None else state.last_good.manifest.made_at
    facts = {
        "folder": str(state.folder),
        "made": "–" if made is None else f"{day_of(made)} {time_of(made)}",
        "why": state.failure or "–",
    }
    if state.late:
        yield Finding(
            "backup",
            BAD,
            N_("%(folder)s 中最近一份完好的备份：%(made)s；上次失败的原因：%(why)s。"),
            N_("请运行 qingshan backup，看它说什么。"),
            facts,
        )
    else:
        yield Finding("backup", GOOD, N_("%(folder)s 中最近一份完好的备份：%(made)s。"), None, facts)


_ALWAYS: tuple[Callable[[Database], Iterator[Finding]], ...] = (program_findings, folder_findings, database_findings)
_WITH_TABLES = (
    durability_findings,
    people_findings,
    secrets_findings,
    token_findings,
    job_findings,
    audit_findings,
    backup_findings,
)


def findings(database: Database) -> list[Finding]:
    """Everything that was looked at, in the order in which a person would look; what needs tables only when they are there."""
    found = [finding for look in _ALWAYS for finding in look(database)]
    if all(finding.level != BAD for finding in found if finding.name in ("database", "schema")):
        found += [finding for look in _WITH_TABLES for finding in look(database)]
    return found
