"""`qingshan token`: the access tokens of programs, listed and revoked at the machine. None is made here."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlmodel import col, select

from core.api_tokens import ApiToken, revoke_token, tokens_of
from core.errors import N_, Broken
from core.people import Person, aware
from portfolio.plans import Plan
from web.cli_context import UnknownPerson, opened, say
from web.cli_options import one_of, print_json

app = typer.Typer(no_args_is_help=True, help="Access tokens of programs.")

_SHOWN = ("id", "person", "name", "scopes", "plan", "state", "expires_at", "last_used_at")  # JSON tells all


class NoSuchToken(Broken):
    status = 404
    sentence = N_("没有编号为 %(found)s 的访问令牌；有哪些见 qingshan token list。")


@app.command("list")
def list_(
    person: Annotated[str | None, typer.Option("--person", help="Only of this sign-in name.")] = None,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """List access tokens with their scopes, when they end and when they were last used. No token itself is known."""
    one_of("--format", output, ("json", "table"))
    with opened() as acts, acts.database.reading() as session:
        owners = select(Person).order_by(col(Person.username))
        if person is not None:
            owners = owners.where(Person.username == person)
        found = session.exec(owners).all()
        if person is not None and not found:
            raise UnknownPerson(field="person", found=person)
        plans = dict(session.exec(select(Plan.id, Plan.code)).all())
        rows = [_row(token, owner, plans) for owner in found for token in tokens_of(session, owner.id)]
    if output == "json":
        print_json(rows)
        return
    table = Table(*(Column(name, overflow="fold") for name in _SHOWN))
    for row in rows:
        table.add_row(*("–" if row[name] is None else str(row[name]) for name in _SHOWN))
    Console().print(table)


def _row(token: ApiToken, owner: Person, plans: dict[int | None, str]) -> dict[str, Any]:
    moments = {
        name: None if (moment := getattr(token, name)) is None else aware(moment).isoformat(timespec="seconds")
        for name in ("created_at", "expires_at", "last_used_at", "revoked_at")
    }
    return {
        "id": token.id,
        "person": owner.username,
        "name": token.name,
        "scopes": token.scopes,
        "plan": plans.get(token.plan_id),
        "state": token.state,
        "last_used_from": token.last_used_from,
        "revoked_by": token.revoked_by,
        **moments,
    }


@app.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=2**31 - 1, help="The number that `token list` shows.")
    ],
) -> None:
    """End an access token for good, at once."""
    with opened(context.obj) as acts, acts.database.writing() as session:
        token = session.get(ApiToken, token_id)
        if token is None:
            raise NoSuchToken(found=token_id)
        revoke_token(session, session.get_one(Person, token.person_id), token_id, by=acts.actor(session))
        said = token.label
    say(N_("%(token)s 已撤销。"), token=said)
