"""Route x role x expected status: what access_rows.txt declares, and what it means for each reader. Nothing here asks the app."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.people_of import EVERYWHERE, NOBODY, OTHER_PLACE, OTHER_PLAN, OWN, Reader

ROWS_FILE = Path(__file__).parent / "access_rows.txt"

# Who may do what, said a second time beside portfolio/access.py, so that a right is given in two places or not at all.
MAY: dict[str, str] = {
    "view": "owner head office leader finance auditor",
    "history": "owner head office finance auditor",
    "edit": "owner head office",
    "record": "owner head office finance",
    "verify": "head office",
    "approve_return": "head",
    "assign": "office",
    "create": "office",
    "archive": "office",
    "decide": "office",
    "accept_works": "office",
    "rules": "office",
    "periods": "office",
    "orders": "office leader",
    "estimate": "office finance",
    "budget": "office finance",
    "explain": "office finance",
    "approve_money": "finance",
    "sources": "finance",
    "audit": "auditor",
    "people": "admin",
}
ACTION_WORDS = {
    "view": "查看",
    "history": "看修改记录",
    "edit": "修改项目",
    "record": "填报",
    "verify": "核实",
    "approve_return": "审核部门填报",
    "assign": "调整立项和分工",
    "create": "新建项目",
    "archive": "归档",
    "decide": "裁定矛盾、核对数据",
    "accept_works": "接收工程量和节点",
    "rules": "定目标和规则",
    "periods": "管理季度和报告",
    "orders": "开会和督办",
    "estimate": "改概算",
    "budget": "编年度预算",
    "explain": "说明资金预警",
    "approve_money": "审核资金",
    "sources": "管理资金来源",
    "audit": "看全部日志",
    "people": "管理人员",
}
REACHES = {
    "department": "本规划；填报员、审核人只限本部门负责的",
    "plan": "本规划",
    "everywhere": "权限不限范围的人",
    "": "在任一规划有此权限；只见自己范围内的",
}
SPECIAL = {
    "open": "任何人，不必登录",
    "signed-in": "任何登录的人；只见自己范围内的",
    "department": "填报表所属部门的填报员、审核人",
    "author": "记录的经手人",
    "delegate": "受托代办的人",
    "none": "没有人",
}
OF_DEPARTMENT = ("owner", "head")


@dataclass(frozen=True)
class Row:
    """One route: who reaches it, and what it answers them when what they send is not enough to be written."""

    area: str
    method: str
    path: str
    who: str
    answers: dict[str, int]

    def admits(self, reader: Reader) -> bool:
        return any(_admits(one, reader) for one in self.who.split("|"))

    def expected(self, reader: Reader) -> int:
        """The status that this reader gets."""
        if self.admits(reader):
            role, place = reader
            found = self.answers
            return found.get(f"{role}@{place}", found.get(role, found[""]))
        if reader != NOBODY or self.who == "none":
            return 404
        return 303 if self.method in ("GET", "HEAD") and not self.path.startswith("/api/") else 401


def _admits(who: str, reader: Reader) -> bool:
    role, place = reader
    if who in ("open", "none"):
        return who == "open"
    if reader == NOBODY:
        return False
    if who == "department":
        return role in OF_DEPARTMENT and place == OWN
    if who == "delegate":
        return reader == ("head", OWN)  # for whom the owner arranged it
    if who in ("signed-in", "author"):
        return who == "signed-in" or reader == ("owner", OWN)
    action, _, reach = who.partition("@")
    if role not in MAY[action].split():
        return False
    if reach == "everywhere":
        return place == EVERYWHERE or role == "admin"
    if reach and place in (OTHER_PLAN, OTHER_PLACE):
        return False
    return not (reach == "department" and role in OF_DEPARTMENT and place != OWN)


def declared() -> list[Row]:
    """The rows of the file, in its order.

    Errors: ValueError that names the line.
    """
    rows, area = [], ""
    for number, line in enumerate(ROWS_FILE.read_text("utf-8").splitlines(), start=1):
        if line.startswith("# "):
            area = line[2:]
        elif line.strip() and not line.startswith("#"):
            try:
                method, path, who, answer = line.split()
                rows.append(Row(area, method, path, _known(who), _answers(answer)))
            except (ValueError, KeyError) as error:
                raise ValueError(f"{ROWS_FILE.name}:{number}: {line!r}: {error}. {HOW}") from None
    return rows


def _known(who: str) -> str:
    for one in who.split("|"):
        action, _, reach = one.partition("@")
        if one not in SPECIAL and (action not in MAY or reach not in REACHES):
            raise ValueError(f"nobody is called {one!r}")
    return who


def _answers(text: str) -> dict[str, int]:
    """`422`, or `422,leader=409,owner@own=303`: by role, the nearest to the reader first; "" is everybody else."""
    found = {}
    for part in text.split(","):
        name, _, status = part.rpartition("=")
        found[name] = int(status)
    return found


HOW = f"""
A row is one line under the heading of its area in tests/attacks/{ROWS_FILE.name}:
    METHOD  /path/as/{{the}}/route/says  WHO  ANSWER
WHO     what the gate asks, from: {" ".join(MAY)}; each alone (a list, which shows what the reader may see),
        or with the reach of the record in the path: @plan, @department (owners and heads only of their own), @everywhere
        (only a grant without plan or place); or {", ".join(SPECIAL)}; several joined by |
ANSWER  the status for who is let in, 200 for most pages; a write is sent {{"reason": ""}} and nothing else, so mostly 422.
        Exceptions by role or role@place: 422,leader=409. Who is not let in gets 404, who is not signed in 303 or 401.
A name in the path needs a line in PLACES of tests/attacks/addresses.py (which record stands there; a new kind of record
needs its query in KINDS, and a record of it in tests/attacks/world.py). Then write the document anew:
    python -m tests.attacks.access_table
"""


def problems_of(routes: Iterable[tuple[str, str]], rows: Iterable[Row]) -> list[str]:
    """What is missing: routes without a row, and rows without a route."""
    there, told = set(routes), {(row.method, row.path) for row in rows}
    return [
        *(f"no row for the route: {method} {path}" for method, path in sorted(there - told)),
        *(f"no route for the row: {method} {path}" for method, path in sorted(told - there)),
    ]
