"""Funding sources (资金来源): an editable tree, and what each is called in the three lists that offices fill in.

Money is recorded on the ends of the tree. A heading that has sources below it only adds them up. Editing stands in
source_editing.py.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import UniqueConstraint, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from core.database import select_columns
from core.errors import N_, Broken
from core.text import matching_key

PENDING = "pending"  # 资金渠道待定: money that nobody has promised yet
LISTS = {
    "dispatch": N_("发展改革投资调度表"),
    "finance": N_("财政资金分类"),
    "public": N_("公开简表"),
}


class FundingSource(SQLModel, table=True):
    """One source, or a heading over several. `fiscal`: counted in 年度预算 and 预算执行率, not only in 年度投资计划."""

    __tablename__ = "funding_source"
    __table_args__ = (UniqueConstraint("key"), UniqueConstraint("name_key"))

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=40)
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=60)
    name_en: str = Field(max_length=80)
    parent_id: int | None = Field(default=None, foreign_key="funding_source.id", index=True)
    position: int
    fiscal: bool
    pending: bool = False
    dispatch: str | None = Field(default=None, max_length=60)
    finance: str | None = Field(default=None, max_length=60)
    public: str | None = Field(default=None, max_length=60)
    retired: bool = False
    row_version: int = 1


_TO_KEEP = (
    select_columns(FundingSource.id)
    .where(col(FundingSource.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(FundingSource.id))
    .with_for_update(read=True, key_share=True)
)


@dataclass(frozen=True)
class SourceNode:
    """A source in the tree as people read it, with its depth (1 at the top) and whether money may be recorded on it."""

    source: FundingSource
    depth: int
    is_end: bool
    path: tuple[str, ...]

    @property
    def id(self) -> int:
        assert self.source.id is not None
        return self.source.id

    @property
    def takes_money(self) -> bool:
        return self.is_end and not self.source.retired


class UnknownSource(Broken):
    sentence = N_("资金来源填写的是“%(found)s”，不在资金来源表中。可以用：%(known)s。")


class NotAnEnd(Broken):
    sentence = N_("“%(found)s”是资金来源的大类，请选到末级：%(known)s。")


class Retired(Broken):
    sentence = N_("资金来源“%(found)s”已停用，不能再记新账。")


def source_tree(session: Session) -> list[SourceNode]:
    """Every source in reading order: a heading, then what stands below it."""
    rows = session.exec(select(FundingSource).order_by(col(FundingSource.position), col(FundingSource.id))).all()
    below: dict[int | None, list[FundingSource]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[SourceNode] = []

    def walk(parent: int | None, depth: int, path: tuple[str, ...]) -> None:
        for row in below.get(parent, []):
            here = (*path, row.name)
            found.append(SourceNode(row, depth, row.id not in below, here))
            walk(row.id, depth + 1, here)

    walk(None, 1, ())
    return found


def fiscal_ids(session: Session) -> list[int]:
    """The ids of the fiscal sources."""
    return [id_ for id_ in session.exec(select(FundingSource.id).where(col(FundingSource.fiscal))) if id_ is not None]


def pending_ids(session: Session) -> list[int]:
    """The ids of what stands for 资金渠道待定."""
    return [id_ for id_ in session.exec(select(FundingSource.id).where(col(FundingSource.pending))) if id_ is not None]


def source_by_name(tree: list[SourceNode], name: str, *, field: str | None = "source") -> SourceNode:
    """The end of the tree that a person's or a file's words name; full-width, case and spaces do not matter.

    Names in both languages and keys are known, and the lines of the three lists where one end alone stands on a line.

    Errors: UnknownSource, NotAnEnd, Retired.
    """
    key = matching_key(name)
    ends = tuple(node.source.name for node in tree if node.takes_money)
    node = next((node for node in tree if key in _names(node.source)), None)
    if node is None:
        listed = [node for node in tree if node.takes_money and key in _lines(node.source)]
        node = listed[0] if len(listed) == 1 else None
    if node is None:
        raise UnknownSource(field=field, found=name.strip()[:40], known=ends)
    return usable(tree, node, field=field)


def _names(source: FundingSource) -> tuple[str, ...]:
    return (source.name_key, matching_key(source.key), matching_key(source.name_en))


def _lines(source: FundingSource) -> set[str]:
    return {matching_key(line) for line in (source.dispatch, source.finance, source.public) if line}


def usable(
    tree: list[SourceNode], node: SourceNode, *, field: str | None = "source", retired_too: bool = False
) -> SourceNode:
    """The node itself, when money may be recorded on it; `retired_too` for what only takes old money back.

    Errors: NotAnEnd, Retired.
    """
    if node.source.retired and not retired_too:
        raise Retired(field=field, found=node.source.name)
    if not node.is_end:
        ends = tuple(one.source.name for one in tree if one.takes_money and node.source.name in one.path)
        raise NotAnEnd(field=field, found=node.source.name, known=ends)
    return node


def keep_sources(session: Session, ids: Collection[int]) -> None:
    """Whoever divides or retires one of these sources waits until the transaction ends, and then finds money on it."""
    session.execute(_TO_KEEP, {"ids": sorted(set(ids))}).all()


def source_with_id(
    session: Session, id_: int | None, *, field: str | None = "source", retired_too: bool = False
) -> SourceNode:
    """The end of the tree with an id that a form sent; a retired one only for what takes old money back.

    Errors: UnknownSource, NotAnEnd, Retired.
    """
    tree = source_tree(session)
    for node in tree:
        if node.source.id == id_:
            return usable(tree, node, field=field, retired_too=retired_too)
    ends = tuple(node.source.name for node in tree if node.takes_money)
    raise UnknownSource(field=field, found=str(id_ or ""), known=ends)
