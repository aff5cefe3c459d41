"""What the keys of a roll-up are called on pages and in files, and in which order people expect them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col

from budgets.entries import STAGES
from budgets.sources import source_tree
from core.calendar import period_from_text
from core.database import batches, select_columns
from core.errors import N_
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from reports.findings import Words

# What the group of the unknown is called.
UNKNOWN = {
    "programme": N_("不在这一级类别下"),
    "department": N_("规划未载明"),
    "first_year": N_("规划未载明"),
    "last_year": N_("规划未载明"),
    "source": N_("不分来源"),
}
_BATCH = 500
_LAST = 10**9  # behind everything that has a place of its own

Key = str | int | None


@dataclass(frozen=True)
class Label:
    """What a key is called. `of_plan`: words of the plan data, Chinese in both languages. `code` stands beside the name."""

    text: str
    of_plan: bool = False
    code: str | None = None

    @property
    def whole(self) -> str:
        """The label on one line, as files have it."""
        return self.text if self.code is None else f"{self.code} {self.text}"


@dataclass(frozen=True)
class KeyNames:
    """Names and places of keys by dimension; a key that stands in neither is its own name."""

    names: Mapping[str, Mapping[Any, str]]
    order: Mapping[str, Mapping[Any, int]]
    english: Mapping[Any, str] = field(default_factory=dict)  # of funding sources

    def label(self, dimension: str, key: Key, words: Words) -> Label:
        if key is None:
            return Label(words.say(UNKNOWN.get(dimension, N_("规划未载明"))))
        if dimension == "stage":
            return Label(words.say(STAGES.get(str(key), str(key))))
        if dimension == "quarter":
            quarter = period_from_text(str(key)).last_quarter
            facts = {"year": quarter // 10, "quarter": quarter % 10}
            return Label(words.say(N_("%(year)s年第%(quarter)s季度"), **facts))
        if isinstance(key, int):
            return Label(words.say(N_("%(year)s年"), year=key))
        if dimension == "source":
            return Label(self.english.get(key, key) if words.language == "en" else key)
        name = self.names.get(dimension, {}).get(key, key)
        return Label(name, of_plan=True, code=key if dimension == "project" else None)

    def places(self, dimensions: Sequence[str], keys: Sequence[Key]) -> tuple[Any, ...]:
        """What groups are sorted by: in the order of the plan or of the tree, years as they come, the unknown last."""
        found = []
        for dimension, key in zip(dimensions, keys, strict=True):
            found.append((key is None, self.order.get(dimension, {}).get(key, _LAST), "" if key is None else key))
        return tuple(found)


def key_names(session: Session, keys: Mapping[str, set[Any]]) -> KeyNames:
    """The names of these keys, by dimension; a query for each dimension that has names."""
    names: dict[str, dict[Any, str]] = {}
    order: dict[str, dict[Any, int]] = {}
    english: dict[Any, str] = {}
    if "project" in keys:
        rows = _projects(session, keys["project"])
        names["project"] = {code: name for code, name, _, _ in rows}
        order["project"] = {row[0]: place for place, row in enumerate(sorted(rows, key=lambda row: row[2:]))}
    if "plan" in keys:
        query = select_columns(Plan.code, Plan.short_title).where(col(Plan.code).in_(_texts(keys["plan"])))
        query = query.order_by(col(Plan.jurisdiction_code), col(Plan.first_year), col(Plan.id))
        names["plan"] = dict(session.execute(query).all())
        order["plan"] = {code: place for place, code in enumerate(names["plan"])}
    if "programme" in keys:
        query = select_columns(Programme.name).where(col(Programme.name).in_(_texts(keys["programme"])))
        query = query.order_by(col(Programme.plan_id).desc(), col(Programme.position).desc())
        listed = [name for (name,) in session.execute(query)]
        order["programme"] = {name: -place for place, name in enumerate(listed)}  # the first of a name decides
    if "source" in keys:
        tree = [node.source for node in source_tree(session)]
        order["source"] = {source.name: place for place, source in enumerate(tree)}
        english = {source.name: source.name_en for source in tree}
    return KeyNames(names, order, english)


def _texts(keys: set[Any]) -> list[str]:
    return sorted(str(key) for key in keys if key is not None)


def _projects(session: Session, codes: set[Any]) -> list[Any]:
    """(code, name, plan, position) of each; their number may be beyond what one query takes."""
    found: list[Any] = []
    for wanted in batches(_texts(codes), _BATCH):
        query = select_columns(Project.code, Project.name, Project.plan_id, Project.position)
        found += session.execute(query.where(col(Project.code).in_(wanted))).all()
    return found
