"""One project of a return as its page shows it: blocks of its leaves, sections of fields, and what stands beside each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from budgets.entries import NEEDS_SOURCE, STAGES
from budgets.sources import SourceNode
from core.errors import N_
from core.money import formatted
from core.money import typed as typed_amount
from milestones.schedule import MilestoneState
from milestones.works import NOT_APPLICABLE
from portfolio.projects import STATES
from reports.lamp_words import GREEN
from reports.lamps import ProjectLamp
from reports.return_fields import (
    ACTUAL,
    FORECAST,
    LAMP_REASON,
    MONEY_FIELDS,
    SINCE_ON,
    STATE,
    STATE_DOCUMENT,
    TEXT_FIELDS,
    CellKey,
    work_of,
)
from reports.return_rows import LeafRow, MoneyLine, ReturnProjectRow, WorkLine
from reports.return_values import text_to_type
from web.printed import decimal
from web.progress_shown import shown_lamp
from web.return_cells_shown import CellShown, Standing, all_cells, readable, shown_cell

_SOURCED = tuple(stage for stage in STAGES if stage in NEEDS_SOURCE)
_SOURCED_FIELDS = frozenset(MONEY_FIELDS[stage] for stage in _SOURCED)


@dataclass(frozen=True)
class FieldGroup:
    """Fields that belong together below a title, such as those of one source or milestone."""

    title: str
    cells: tuple[CellShown, ...]


@dataclass(frozen=True)
class Section:
    """A part of the form. `empty` says why there is nothing to fill in; `adds` are sources that may be added to a leaf."""

    title: str
    cells: tuple[CellShown, ...] = ()
    groups: tuple[FieldGroup, ...] = ()
    empty: str = ""
    wide: bool = False
    adds: tuple[tuple[str, str], ...] = ()
    adds_name: str = ""


@dataclass(frozen=True)
class Block:
    """The sections of the project, or of one part of it."""

    part: str | None
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class ProjectShown:
    """The page of one project. `copyable`: last quarter's words stand beside empty fields."""

    id: int
    code: str
    name: str
    lamp: str | None
    reasons: tuple[str, ...]
    ways: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def cells(self) -> list[CellShown]:
        return all_cells(self.blocks)

    @property
    def copyable(self) -> list[CellShown]:
        return [cell for cell in self.cells if cell.last_text and not cell.typed]


def project_shown(
    standing: Standing, row: ReturnProjectRow, sources: Sequence[SourceNode], added: Collection[str] = ()
) -> ProjectShown:
    """The page of a project. `added` are sources that were asked for, as leaf id and key: 12:own."""
    lamp, reasons, ways = lamp_words(row.lamp, standing.language)
    blocks = [
        Block(leaf.name if leaf.is_part else None, _of_leaf(standing, leaf, sources, added)) for leaf in row.leaves
    ]
    in_parts = any(leaf.is_part for leaf in row.leaves)
    whole = [_milestones(standing, row.milestones)] if in_parts and row.milestones else []
    whole += [_state(standing, row.id, row), *_texts(standing, row)]
    blocks.append(Block(standing.translated(N_("整个项目")) if in_parts else None, tuple(whole)))
    return ProjectShown(row.id, row.code, row.name, lamp, reasons, ways, tuple(blocks))


def lamp_words(lamp: ProjectLamp | None, language: str) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """The colour of a lamp, why, and what turns it green."""
    if lamp is None:
        return None, (), ()
    worst = shown_lamp(lamp.worst, language)
    return lamp.colour, worst.reasons, worst.ways


def _of_leaf(
    standing: Standing, leaf: LeafRow, sources: Sequence[SourceNode], added: Collection[str]
) -> tuple[Section, ...]:
    found = [_money(standing, leaf), _funds(standing, leaf, sources, added), _works(standing, leaf)]
    if leaf.milestones or not leaf.is_part:
        found.append(_milestones(standing, leaf.milestones))
    if leaf.is_part:
        found.append(_state(standing, leaf.id, leaf))
    return tuple(found)


# ---- money


def _money(standing: Standing, leaf: LeafRow) -> Section:
    lines = {line.stage: line for line in leaf.money if not line.key.key}
    cells = tuple(
        _money_cell(standing, CellKey(leaf.id, MONEY_FIELDS[stage]), lines.get(stage))
        for stage in ("work_done", "contracted")
    )
    return Section(standing.translated(N_("完成投资和合同")), cells)


def _money_cell(standing: Standing, key: CellKey, line: MoneyLine | None, *, which: str = "") -> CellShown:
    beside: list[tuple[str, str]] = []
    recorded = None
    if line is not None:
        beside = [(N_("上季"), _yuan(line.last_fen, standing)), (N_("累计"), _yuan(line.cumulative_fen, standing))]
        if line.planned_fen is not None:
            beside.append((N_("本年计划"), _yuan(line.planned_fen, standing)))
        recorded = line.recorded_fen
    return shown_cell(
        standing,
        key,
        which=which,
        beside=tuple(beside),
        recorded_text="" if recorded is None else _yuan(recorded, standing),
        recorded_put=typed_amount(recorded, standing.unit),
    )


def _yuan(fen: int, standing: Standing) -> str:
    return formatted(fen, standing.unit) or ""


def _funds(standing: Standing, leaf: LeafRow, sources: Sequence[SourceNode], added: Collection[str]) -> Section:
    """The sources that a leaf has money of, or something stands of in the return, or that were asked for."""
    lines = {(line.key.key, line.stage): line for line in leaf.money if line.key.key}
    said = (*standing.cells, *standing.problems, *standing.notes)
    filled = {key.key for key in said if key.project_id == leaf.id and key.field in _SOURCED_FIELDS}
    asked = {text.partition(":")[2] for text in added if text.partition(":")[0] == str(leaf.id)}
    held = {source for source, _ in lines} | filled | asked
    groups, adds = [], []
    for node in sources:
        name = node.source.name_en if standing.language == "en" else node.source.name
        if node.source.key in held and node.is_end:
            cells = tuple(
                _money_cell(
                    standing,
                    CellKey(leaf.id, MONEY_FIELDS[stage], node.source.key),
                    lines.get((node.source.key, stage)),
                    which=name,
                )
                for stage in _SOURCED
            )
            groups.append(FieldGroup(name, cells))
        elif node.takes_money:
            adds.append((node.source.key, name))
    return Section(
        standing.translated(N_("资金：下达、到位、支付")),
        groups=tuple(groups),
        empty=standing.translated(N_("还没有资金来源。请在下面添加。")),
        adds=tuple(adds),
        adds_name=f"add_{leaf.id}",
    )


# ---- works, milestones, state, words


def _works(standing: Standing, leaf: LeafRow) -> Section:
    return Section(
        standing.translated(N_("工程量")),
        tuple(_work_cell(standing, line) for line in leaf.works),
        empty=standing.translated(N_("这个项目没有工程量指标。要报的，请在项目页的“工程量”里增加。")),
    )


def _work_cell(standing: Standing, line: WorkLine) -> CellShown:
    known = [(N_("任务数量"), line.target), (N_("累计上报"), line.cumulative), (N_("核实合格"), line.verified)]
    # The unit may be chosen, and last quarter may have been reported in another one: each figure names its own.
    beside = [(label, f"{decimal(value)} {line.unit or ''}".strip()) for label, value in known if value is not None]
    if line.last is not None:
        beside.insert(0, (N_("上季"), readable(line.key, line.last, standing)))
    recorded = line.recorded
    cell = shown_cell(
        standing,
        line.key,
        label=line.measure,
        label_zh=True,
        unit=line.unit or "",
        beside=tuple(beside),
        recorded_text="" if recorded is None else readable(line.key, recorded, standing),
        recorded_put=""
        if recorded is None
        else recorded
        if recorded == NOT_APPLICABLE
        else text_to_type(line.key, recorded),
    )
    recorded_unit = work_of(recorded)[1] if recorded not in (None, NOT_APPLICABLE) and recorded else ""
    if recorded_unit and not cell.typed and not cell.not_applicable:
        # 照填 writes the number in the unit in which it is on record.
        cell = replace(cell, unit=recorded_unit, units=tuple(dict.fromkeys((recorded_unit, *cell.units))))
    return cell


def _milestones(standing: Standing, states: Iterable[MilestoneState]) -> Section:
    groups = []
    for one in states:
        if one.met and not _has_cell(standing, one):
            continue
        beside = [] if one.planned_on is None else [(N_("计划"), one.planned_on.isoformat())]
        held = {ACTUAL: one.actual_on, FORECAST: one.forecast_on}
        cells = []
        for field in (ACTUAL, FORECAST):
            day = held[field]
            cells.append(
                shown_cell(
                    standing,
                    CellKey(one.project_id, field, str(one.milestone_id)),
                    which=one.name,
                    beside=tuple(beside) if field == ACTUAL else (),
                    recorded_text="" if day is None else day.isoformat(),
                    recorded_put="" if day is None else day.isoformat(),
                )
            )
        groups.append(FieldGroup(one.name, tuple(cells)))
    return Section(
        standing.translated(N_("节点")),
        groups=tuple(groups),
        empty=standing.translated(N_("没有未完成的节点。节点在项目页的“节点”里设置。")),
    )


def _has_cell(standing: Standing, one: MilestoneState) -> bool:
    key = str(one.milestone_id)
    return any(CellKey(one.project_id, field, key) in standing.cells for field in (ACTUAL, FORECAST))


def _state(standing: Standing, id_: int, row: ReturnProjectRow | LeafRow) -> Section:
    held = row.state
    beside: list[tuple[str, str]] = []
    if held is not None:
        name = standing.translated(STATES.get(held.state, held.state))
        beside = [(N_("现状态"), name), (N_("起始日期"), held.since_on)]
    state = shown_cell(standing, CellKey(id_, STATE), beside=tuple(beside), options=tuple(STATES.items()))
    rest = [shown_cell(standing, CellKey(id_, name)) for name in (SINCE_ON, STATE_DOCUMENT)]
    return Section(standing.translated(N_("项目状态（有变更才填）")), (state, *rest))


def _texts(standing: Standing, row: ReturnProjectRow) -> Iterable[Section]:
    # A green lamp needs no explanation.
    lit = row.lamp is not None and row.lamp.colour != GREEN
    names = [n for n in TEXT_FIELDS if n != LAMP_REASON or lit or CellKey(row.id, n) in standing.cells]
    cells = tuple(shown_cell(standing, CellKey(row.id, name), last_text=row.texts.get(name, "")) for name in names)
    yield Section(standing.translated(N_("文字说明")), cells, wide=True)
