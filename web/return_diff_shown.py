"""What a return says, as its reviewers see it: beside last quarter and the record, jumps first, and what acceptance will make."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape
from sqlmodel import Session

from budgets.entries import APPROVED_BY_FINANCE, STAGES
from core.errors import N_
from core.language import translate
from core.money import formatted
from milestones.works import NOT_APPLICABLE
from reports.return_diff import Difference
from reports.return_effects import LEDGER_ENTRY, MILESTONE_REPORT, PROJECT_STATE, WORK_ENTRY, Effect
from reports.return_fields import DAY, FIELDS, MONEY, QUANTITY, TEXT, CellKey
from reports.return_notes import notes_of
from reports.return_scope import ReturnScope, scope_of
from reports.return_values import text_to_read, text_to_type, with_unit
from reports.returns import ACCEPTED
from web.choices import Choices
from web.printed import NOT_COMPUTABLE
from web.return_gate import OpenedReturn
from web.return_words import field_address, sentence_of
from web.told import told

_MADE = {
    WORK_ENTRY: N_("工程量上报"),
    MILESTONE_REPORT: N_("节点填报"),
    PROJECT_STATE: N_("项目状态"),
}
_AT_ONCE: str = N_("接收后即计入")
_AFTER_FINANCE: str = N_("财政局审核后计入")


@dataclass(frozen=True)
class DiffRow:
    """One cell of the comparison. `jump`: worth a second look, `why` says why; `wrong` refuses the acceptance."""

    name: str
    label: str
    which: str
    address: str
    text: bool
    last: str
    recorded: str
    reported: str
    effect: str
    jump: bool
    why: Markup
    wrong: str
    notes: int


@dataclass(frozen=True)
class DiffGroup:
    """The cells of one project or part."""

    project_id: int | None
    code: str
    name: str
    rows: tuple[DiffRow, ...]
    is_part: bool

    @property
    def jumps(self) -> bool:
        return any(row.jump or row.wrong for row in self.rows)


@dataclass(frozen=True)
class MadeCount:
    """How many facts of one kind acceptance will make, and their sum where they are money."""

    label: str
    count: int
    sum: str
    when: str


def shown_groups(
    session: Session, ret: OpenedReturn, found: Sequence[Difference], choices: Choices, *, jumps_first: bool = True
) -> list[DiffGroup]:
    """The comparison by project, those with a jump first."""
    scope = scope_of(session, ret.row)
    notes: Counter[CellKey] = Counter(
        CellKey(note.project_id, note.field, note.key)
        for note in notes_of(session, ret.id)
        if note.project_id is not None and note.field is not None
    )
    groups: dict[int, list[DiffRow]] = {}
    named: dict[int, Difference] = {}
    for one in found:
        named.setdefault(one.key.project_id, one)
        row = _row(ret, scope, one, choices, notes[one.key])
        groups.setdefault(one.key.project_id, []).append(row)
    shown = [
        DiffGroup(
            _top(scope, id_),
            named[id_].code,
            named[id_].project,
            tuple(sorted(rows, key=lambda row: not (row.jump or row.wrong)) if jumps_first else rows),
            _top(scope, id_) != id_,
        )
        for id_, rows in groups.items()
    ]
    places = {one.id: place for place, one in enumerate(ret.projects)}
    shown.sort(key=lambda group: (places.get(group.project_id or 0, len(places)), group.is_part))
    return sorted(shown, key=lambda group: not group.jumps) if jumps_first else shown


def _top(scope: ReturnScope, id_: int) -> int:
    project = scope.projects.get(id_)
    return id_ if project is None or project.parent_id is None else project.parent_id


def _row(ret: OpenedReturn, scope: ReturnScope, one: Difference, choices: Choices, notes: int) -> DiffRow:
    return DiffRow(
        name=one.key.name,
        label=translate(one.label, choices.language),
        which=one.which,
        address=field_address(ret, scope, one.key, choices),
        text=FIELDS[one.key.field].kind == TEXT,
        last=_said(one.key, one.last, choices),
        recorded=_said(one.key, one.recorded, choices),
        reported=_said(one.key, one.reported, choices),
        effect="" if one.effect is None else _effect(one.effect, choices),
        jump=bool(one.flags),
        why=escape(translate("；", choices.language)).join(told(flag, choices.language) for flag in one.flags),
        wrong="" if one.problem is None or ret.stage == ACCEPTED else sentence_of(one.problem, choices),
        notes=notes,
    )


def _said(key: CellKey, value: str | None, choices: Choices) -> str:
    """A value in the reader's unit, which the table names; — for none."""
    if value is None:
        return NOT_COMPUTABLE
    kind = FIELDS[key.field].kind
    if kind == MONEY:
        return formatted(int(value), choices.unit) or NOT_COMPUTABLE
    return text_to_read(key, value, choices.unit, choices.language)


def _effect(effect: Effect, choices: Choices) -> str:
    """What acceptance will make of a cell."""
    field = FIELDS[effect.key.field]
    if field.kind == MONEY:
        finance = field.stage in APPROVED_BY_FINANCE
        text: str = N_("记账 %(n)s，待财政局审核") if finance else N_("记账 %(n)s")
        return translate(text, choices.language) % {"n": _amount(int(effect.value), choices)}
    if field.kind == QUANTITY:
        if effect.value == NOT_APPLICABLE:
            return translate(N_("记为不适用"), choices.language)
        return translate(N_("上报 %(n)s"), choices.language) % {"n": text_to_read(effect.key, effect.value)}
    if field.kind == DAY:
        return translate(N_("填报节点 %(n)s"), choices.language) % {"n": effect.value}
    state = translate(text_to_type(effect.key, effect.value), choices.language)
    return translate(N_("状态改为“%(n)s”"), choices.language) % {"n": state}


def _amount(fen: int, choices: Choices) -> str:
    return with_unit(formatted(fen, choices.unit) or "", choices.unit, choices.language)


def made_counts(found: Iterable[Difference], choices: Choices) -> list[MadeCount]:
    """What acceptance will make: each stage of money with its sum, then works, milestones and states."""
    facts: dict[str, list[Effect]] = {}
    for one in found:
        if one.effect is not None:
            stage = FIELDS[one.key.field].stage if one.effect.subject == LEDGER_ENTRY else None
            facts.setdefault(stage or one.effect.subject, []).append(one.effect)
    counts = []
    for name, label in (STAGES | _MADE).items():
        several = facts.get(name)
        if several:
            total = _amount(sum(int(one.value) for one in several), choices) if name in STAGES else ""
            when = _AFTER_FINANCE if name in APPROVED_BY_FINANCE else _AT_ONCE
            words = translate(label, choices.language), translate(when, choices.language)
            counts.append(MadeCount(words[0], len(several), total, words[1]))
    return counts
