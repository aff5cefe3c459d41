"""Writes docs/access-table.md from the declared rows: python -m tests.attacks.access_table"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from core.settings import ROOT
from portfolio.grants import ROLES
from tests.attacks.access import ACTION_WORDS, MAY, REACHES, SPECIAL, Row, declared
from tests.attacks.people_of import NOBODY, OTHER_PLAN, OWN

DOCUMENT: Path = ROOT / "docs" / "access-table.md"
_HEAD = """# 谁能打开什么：路由、角色与结果对照表

本表由 `python -m tests.attacks.access_table` 从 `tests/attacks/access_rows.txt` 生成，不要手改。
`tests/attacks/test_access_table.py` 用两个规划、每种记录各一条的数据库，以 {readers} 种读者逐格请求并核对；
新增路由没有写进来，测试就不通过。

读法：每格写服务器的应答。“200 / 404”左边是本规划、本部门的人，右边是别的规划的同一角色；只写一个数的，两边相同。
200 可以打开，303 转到另一页，401 请先登录，403 不能由本人办理，404 没有（不存在与无权看到一样），
409、410、422 能办，但所交内容不够或状态不合。
写入的路由都只交一个空的 `reason`，所以能办的人多得到 422；被拒绝的人不会改动任何数据，测试逐表核对。

This table is generated. Each cell is what the server answers; “200 / 404” means: a person of the plan / the same role of
another plan.

## 角色与动作

| 动作 | {roles} |
|---|{rule}|
{actions}
"""
_NOTE = "填报员、审核人的“{words}”只限本部门负责的项目。"


def document() -> str:
    rows = declared()
    parts = [_head(), *(_area(area, list(of)) for area, of in groupby(rows, key=lambda row: row.area))]
    return "\n".join(parts)


def _head() -> str:
    from tests.attacks.people_of import READERS

    lines = []
    for action, words in ACTION_WORDS.items():
        marks = " | ".join("✓" if role in MAY[action].split() else "" for role in ROLES)
        lines.append(f"| {words} | {marks} |")
    note = _NOTE.format(words="、".join(ACTION_WORDS[one] for one in ("edit", "record", "verify", "approve_return")))
    rule = "|".join("---" for _ in ROLES)
    return (
        _HEAD.format(readers=len(READERS), roles=" | ".join(ROLES.values()), rule=rule, actions="\n".join(lines))
        + f"\n{note}\n"
    )


def _area(area: str, rows: list[Row]) -> str:
    titles = " | ".join(("方法", "地址", "谁可以", "未登录", *ROLES.values()))
    head = f"## {area}\n\n| {titles} |\n|{'---|' * (4 + len(ROLES))}"
    return "\n".join([head, *_lines(rows), ""])


def _lines(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        cells = [_cell(row, role) for role in ROLES]
        yield f"| {row.method} | `{row.path}` | {_who(row.who)} | {row.expected(NOBODY)} | {' | '.join(cells)} |"


def _cell(row: Row, role: str) -> str:
    own, other = row.expected((role, OWN)), row.expected((role, OTHER_PLAN))
    return str(own) if own == other else f"{own} / {other}"


def _who(who: str) -> str:
    said = []
    for one in who.split("|"):
        action, _, reach = one.partition("@")
        said.append(SPECIAL[one] if one in SPECIAL else f"{ACTION_WORDS[action]}（{REACHES[reach]}）")
    return "；或 ".join(said)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
