"""The commands about the audit trail: sealing it, verifying it, and the hash to be written down on paper."""

from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from core.audit_seals import chain
from core.audit_seals import seal as seal_all
from core.audit_verifying import PROBLEMS, Verification, keep_verification, verification
from core.errors import N_
from core.language import translate
from core.settings import settings
from web.cli_context import opened, say
from web.cli_options import WrongOption, one_of, print_json

app = typer.Typer(no_args_is_help=True, help="The audit trail: seal, verify, head.")
_TOLD = 50  # problems printed as text; --format json gives more of them


@app.command()
def seal(context: typer.Context) -> None:
    """Seal every entry that stands; waits for writers that are not done, and nobody waits for it."""
    with opened(context.obj) as acts:
        with acts.database.reading() as session:
            by = acts.actor(session)
        count = seal_all(acts.database, by=by)
        with acts.database.reading() as session:
            found = chain(session)
    say(N_("已封印 %(count)s 条操作记录，共 %(seals)s 个封印。"), count=count, seals=found.seals)


@app.command()
def head() -> None:
    """Print number and hash of the newest seal, to be written down outside: NUMBER:HASH."""
    with opened() as acts, acts.database.reading() as session:
        found = chain(session)
    typer.echo(f"{found.seals}:{found.hash}")
    say(N_("未封印的操作记录：%(count)s 条。"), count=found.unsealed)


@app.command()
def verify(
    context: typer.Context,
    expect: Annotated[str | None, typer.Option("--expect", help="NUMBER:HASH as it was written down.")] = None,
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Recompute every seal; exit code 1 when anything was changed, removed, inserted or put in another order."""
    one_of("--format", output, ("text", "json"))
    expected = None if expect is None else _noted(expect)
    with opened(context.obj) as acts:
        with acts.database.reading() as session:
            by = acts.actor(session)
            found = verification(session, expected)
        try:
            with acts.database.writing() as session:
                keep_verification(session, found, by=by)
        except SQLAlchemyError:  # a copy that may only be read is verified all the same
            say(N_("数据库不可写，这次验证的结果没有记入操作记录。"))
    if output == "json":
        print_json(found.as_json())
    else:
        _tell(found)
    raise typer.Exit(0 if found.sound else 1)


def _noted(text: str) -> tuple[int, str]:
    """Errors: WrongOption."""
    number, _, hash_ = text.strip().partition(":")
    if not (number.isdecimal() and number.isascii() and len(hash_) == 64):
        raise WrongOption(label="--expect", found=text, expected=N_("编号:哈希值，如 12:ab…（64 位）"))
    return int(number), hash_.lower()


def _tell(found: Verification) -> None:
    facts = {"seals": found.seals, "entries": found.entries, "unsealed": found.unsealed, "seconds": found.seconds}
    say(
        N_("核对了 %(seals)s 个封印、%(entries)s 条操作记录，另有 %(unsealed)s 条未封印，用时 %(seconds)s 秒。"),
        **facts,
    )
    if found.sound:
        say(N_("操作记录完整，没有改动。最新封印 %(head)s"), head=f"{found.head_number}:{found.head_hash}")
        return
    say(N_("发现 %(count)s 处问题，从封印 %(first)s 起："), count=found.counts.total(), first=found.broken[0])
    for one in found.problems[:_TOLD]:
        words = translate(PROBLEMS[one.kind], settings().language)
        typer.echo("\t".join(str(part) for part in (one.seal, one.entry or "", one.at or "", words)))
