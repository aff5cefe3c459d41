"""What is refused of a return: the errors of filling in, handing in, approving and accepting one, and who may do which."""

from collections.abc import Iterable, Mapping

from core.errors import N_, Broken, SeveralBroken
from portfolio.access import Action, Reader
from reports.return_fields import CellKey
from reports.returns import APPROVED, DRAFT, SENT_BACK, SUBMITTED, DepartmentReturn

FILL, SUBMIT, TAKE_BACK, APPROVE, ACCEPT, SEND_BACK = "fill", "submit", "take-back", "approve", "accept", "send-back"
# move -> state from which it goes -> what it takes. Sending back is the head's until the head approved, then the office's.
MOVES: dict[str, dict[str, tuple[Action, ...]]] = {
    FILL: {DRAFT: ("edit", "record"), SENT_BACK: ("edit", "record")},
    SUBMIT: {DRAFT: ("edit", "record"), SENT_BACK: ("edit", "record")},
    TAKE_BACK: {SUBMITTED: ("edit", "record")},
    APPROVE: {SUBMITTED: ("approve_return",)},
    ACCEPT: {APPROVED: ("accept_works",)},
    SEND_BACK: {SUBMITTED: ("approve_return",), APPROVED: ("accept_works",)},
}
OPEN_STATES = (DRAFT, SENT_BACK)  # in which cells may be written


class PeriodShut(Broken):
    status = 409
    sentence = N_("%(period)s 已关账，填报只能查看。确需更正的，请填更正单。")


class PeriodNotOpen(Broken):
    status = 409
    sentence = N_("%(period)s 还没有开启填报。")


class ReturnNotOpen(Broken):
    status = 409
    sentence = N_("这份填报的状态是“%(state)s”，不能再修改；要改请先撤回，或请审核人退回。")


class NotInThisState(Broken):
    status = 409
    sentence = N_("这份填报的状态是“%(state)s”，不能这样处理。")


class AlreadyDone(Broken):
    """Somebody else was quicker."""

    status = 409
    sentence = N_("这份填报已由 %(who)s 处理，状态是“%(state)s”。")


class OwnReturn(Broken):
    status = 403
    sentence = N_("这份填报由您本人填写、报送或审核，须由他人%(what)s。")


class NothingReported(Broken):
    sentence = N_("填报表是空的。本季没有进展的，请写明“本期无进展”的原因。")


class ProgressReported(Broken):
    sentence = N_("填了“本期无进展”，但 %(count)s 格有本季的资金、工程量、节点或状态。请去掉原因，或清除这些格。")


class NotInReturn(Broken):
    sentence = N_("“%(found)s”不在这份填报表中。")


class OnItsParts(Broken):
    sentence = N_("“%(project)s”是打包项目，“%(label)s”要填到它的子项目。")


class OnItsPackage(Broken):
    sentence = N_("“%(project)s”是子项目，“%(label)s”要填到它的打包项目。")


class NoSuchKey(Broken):
    sentence = N_("“%(label)s”指向的是“%(found)s”，应为%(expected)s。")


class SomeBroken(SeveralBroken):
    """Problems of cells, all together: `by_key` names each cell; `project` and `label` stand in each problem's facts."""

    sentence = N_("有 %(count)s 格需要改正。")

    def __init__(self, by_key: Mapping[CellKey, Iterable[Broken]]) -> None:
        self.by_key = {key: tuple(several) for key, several in by_key.items()}
        for key, several in self.by_key.items():
            for problem in several:
                problem.field = key.name
        super().__init__([problem for several in self.by_key.values() for problem in several])


def moves_of(reader: Reader, return_: DepartmentReturn) -> frozenset[str]:
    """What a person may do with the return as it stands; of which the person's own earlier part in it may still forbid some."""
    of = frozenset({return_.department_id})
    return frozenset(
        move
        for move, states in MOVES.items()
        if return_.state in states and all(reader.may(act, return_.plan_id, of) for act in states[return_.state])
    )


def must_move(reader: Reader, return_: DepartmentReturn, move: str) -> None:
    """That the role allows the move in some state; whether the return is in it is for who makes the move to check.

    Errors: NotThere, the same as for a return that does not exist.
    """
    states = MOVES[move]
    acts = {act for several in states.values() for act in several}
    of = frozenset({return_.department_id})
    if return_.state in states:
        for act in states[return_.state]:
            reader.must(act, return_.plan_id, of)
    elif not any(reader.may(act, return_.plan_id, of) for act in acts):
        reader.must(next(iter(sorted(acts))), return_.plan_id, of)
