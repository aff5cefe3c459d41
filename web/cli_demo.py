"""Commands that fill a database with made-up data: the demonstration, and what benchmarks run on."""

from typing import Annotated

import typer
from rich.progress import Progress

from core.audit import OPERATOR
from core.errors import N_, Broken, Invalid
from core.one_time_links import make_link
from core.settings import settings
from web.cli_context import opened, say, told


class NotEmpty(Broken):
    status = 409
    sentence = N_("这个数据库里已有规划，试验数据只装进空的数据库。请换一个数据库（QINGSHAN_DATABASE_URL）。")


COUNTED = ("lines", "entries", "states", "milestones", "works", "photos", "readings")
COUNTED_OF_QUARTERS = ("returns", "editions", "corrections", "orders")


def load_demo(seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same history.")] = 1) -> None:
    """Fill the made-up history of 孝义 quarter by quarter, with returns and editions; 2025Q4 stays open.

    A database with other entries is refused.
    """
    from seed.demo import load_demo as load
    from seed.demo_desk import ROLES

    with opened() as acts:
        with acts.database.writing() as session, Progress(console=told, transient=True) as shown:
            task = shown.add_task("", total=None)
            loaded = load(session, seed, progress=lambda done, total: shown.update(task, completed=done, total=total))
            tokens = [
                (role, person.username, make_link(session, person, by=OPERATOR))
                for role, person in zip(ROLES, loaded.people, strict=True)
                if person.password_hash is None
            ]
        if loaded.was_there:
            say(N_("演示数据已在库中，没有改动。"))
        else:
            facts = {name: getattr(loaded, name) for name in COUNTED}
            say(
                N_(
                    "已装载演示数据：年度计划 %(lines)s 项，记账 %(entries)s 笔，项目状态 %(states)s 次，节点 %(milestones)s 个，"
                    "工程量 %(works)s 条，照片 %(photos)s 张，监测值 %(readings)s 个。"
                ),
                **facts,
            )
            more = {name: getattr(loaded, name) for name in COUNTED_OF_QUARTERS}
            say(
                N_(
                    "季度调度：部门填报 %(returns)s 份，已发布报告 %(editions)s 期，更正单 %(corrections)s 张，"
                    "督办 %(orders)s 件；2025Q4 正在填报。"
                ),
                **more,
            )
    if tokens:
        say(N_("演示账号的一次性链接（打开后自设密码）："))
        for role, username, token in tokens:
            address = f"http://{settings().host}:{settings().port}/welcome/{token}"
            say(f"  {username:<13} {ROLES[role]}  {address}")


SCALES = {"county": (100, 8_000, 2_000), "province": (11_700, 800_000, 200_000)}


def load_synthetic(
    scale: Annotated[str, typer.Option("--scale", help="county or province.")] = "county",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same data.")] = 1,
) -> None:
    """Fill an empty, migrated database with benchmark data: projects, money, works, milestones and indicators."""
    from sqlmodel import select

    from portfolio.plans import Plan
    from seed.synthetic_county import fill_county

    if scale not in SCALES:
        raise Invalid(field="scale", label="--scale", found=scale, expected=tuple(SCALES))
    projects, entries, works = SCALES[scale]
    with opened() as acts, acts.database.writing() as session:
        if session.exec(select(Plan.id).limit(1)).first() is not None:
            raise NotEmpty
        fill_county(session, projects, entries, works, seed=seed)
    facts = {"projects": projects, "entries": entries, "works": works}
    say(N_("已装载试验数据：%(projects)s 个项目，%(entries)s 笔记账，%(works)s 条工程量。"), **facts)
