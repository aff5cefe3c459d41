"""Commands about people."""

import sys
from typing import Annotated

import typer
from sqlmodel import select

from core import lockout, people, second_factors
from core.errors import N_, Broken
from core.language import translate
from core.one_time_links import make_link
from core.people import add_person as add
from core.settings import settings
from portfolio.departments import Department
from portfolio.grants import grant_role
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import find_plan
from web.cli_context import find_person, opened, say


class NotRegistered(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，系统里没有登记。")


def add_person(
    context: typer.Context,
    username: Annotated[str, typer.Argument(help="Sign-in name.")],
    name: Annotated[str, typer.Option("--name", help="The person's name.")],
    role: Annotated[list[str], typer.Option("--role", help="owner, head, office, leader, finance, auditor or admin.")],
    plan: Annotated[str | None, typer.Option("--plan", help="Only this plan.")] = None,
    jurisdiction: Annotated[str | None, typer.Option("--jurisdiction", help="Only this code and below.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="The department, by its full name.")] = None,
) -> None:
    """Add an account and print its one-time link, with which the person sets a password."""
    with opened(context.obj) as acts, acts.database.writing() as session:
        by = acts.actor(session)
        found_plan = None if plan is None else find_plan(session, plan)
        if plan is not None and found_plan is None:
            raise NotRegistered(label="--plan", found=plan)
        if jurisdiction is not None and session.get(Jurisdiction, jurisdiction) is None:
            raise NotRegistered(label="--jurisdiction", found=jurisdiction)
        department_id = None
        if department is not None:
            department_id = session.exec(select(Department.id).where(Department.name == department)).first()
            if department_id is None:
                raise NotRegistered(label="--department", found=department)
        person = add(session, username, name, None, by=by)
        for one in role:
            grant_role(
                session,
                person,
                one,
                plan_id=None if found_plan is None else found_plan.id,
                jurisdiction_code=jurisdiction,
                department_id=department_id,
                by=by,
            )
        token = make_link(session, person, by=by)
    say(N_("已建立账号 %(username)s。请把下面的一次性链接交给本人，由其设置密码："), username=username)
    sys.stdout.write(f"http://{settings().host}:{settings().port}/welcome/{token}\n")


def set_password(
    context: typer.Context,
    username: Annotated[str, typer.Argument(help="Sign-in name.")],
    from_stdin: Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")] = False,
) -> None:
    """Set somebody's password, for one sign-in: then the person chooses another. Ends all sign-ins of the account."""
    typed = sys.stdin.readline().rstrip("\r\n") if from_stdin else _typed_twice()
    with opened(context.obj) as acts, acts.database.writing() as session:
        person = find_person(session, username)
        people.set_password(session, person, typed, by=acts.actor(session))
    say(N_("已为 %(username)s 设置密码，下次登录时须换成自己的密码。"), username=username)


def _typed_twice() -> str:
    asked = translate(N_("新密码"), settings().language)
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=True, err=True))


def unlock(context: typer.Context, username: Annotated[str, typer.Argument(help="Sign-in name.")]) -> None:
    """End the lock that wrong passwords put on an account."""
    with opened(context.obj) as acts, acts.database.writing() as session:
        lockout.unlock(session, find_person(session, username), by=acts.actor(session))
    say(N_("已解锁 %(username)s。"), username=username)


def reset_factor(context: typer.Context, username: Annotated[str, typer.Argument(help="Sign-in name.")]) -> None:
    """Remove somebody's second factor and recovery codes after a lost phone. Ends all sign-ins of the account."""
    with opened(context.obj) as acts, acts.database.writing() as session:
        second_factors.drop_factor(session, find_person(session, username), by=acts.actor(session))
    say(N_("已取消 %(username)s 的第二因素和恢复码。"), username=username)
