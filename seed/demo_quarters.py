"""Plays the made-up history quarter by quarter: facts, returns, closing, the edition, and what comes after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.calendar import first_quarter, next_quarter, quarter_name
from core.collecting import seldom_collected
from reports.editions import Edition
from reports.issuing import issue_edition
from seed.demo_desk import Desk
from seed.demo_followups import Later, correct, leave_corrections, meet, order_out_of_a_lamp
from seed.demo_money import reverse_at_once, write_money
from seed.demo_performance import Evaluated, write_evaluations
from seed.demo_progress import Works, write_works
from seed.demo_readings import write_readings
from seed.demo_records import FIRST, LAST, DemoEntry, Happening
from seed.demo_returns import Returns, close, leave_open, report_quarter
from seed.demo_schedules import Milestones, write_milestones, wrong_days

BEGIN = first_quarter(2021)  # the plan's first quarter; departments report from FIRST on
ISSUED_FROM = 20241  # the quarter from which quarterly editions are issued: each takes seconds to check and to write
ANNUAL_FROM = 2022  # nobody reported anything before
MIDTERM = "2023MID"
MEETING_ON = 20252  # the quarter whose report lies before the meeting


@dataclass
class Story:
    """Everything that happens, by quarter, and what was found wrong in the quarter before."""

    returns: Returns
    happenings: Mapping[int, Sequence[Happening]]
    milestones: Milestones
    works: Works
    evaluations: Sequence[Evaluated] = ()
    issued_from: int = ISSUED_FROM
    annual_from: int = ANNUAL_FROM
    editions: list[Edition] = field(default_factory=list)
    later: Later = field(default_factory=Later)
    doubled: int = 0

    @property
    def desk(self) -> Desk:
        return self.returns.desk


def play(story: Story, *, until: int = LAST, tell: Callable[[int], None] = lambda quarter: None) -> None:
    """Every quarter through `until`; the last of the history stays open."""
    quarter = BEGIN
    while quarter <= until:
        year = quarter // 10
        # What is read stays with the session anyway; to search it after every quarter takes a tenth of the time.
        with seldom_collected():
            while quarter <= until and quarter // 10 == year:
                _play(story, quarter)
                tell(quarter)
                quarter = next_quarter(quarter)


def _play(story: Story, quarter: int) -> None:
    later, story.later = story.later, Later()
    if quarter > BEGIN:
        correct(story.returns, later, _before(quarter))
    _record(story, quarter)
    if quarter == LAST:
        leave_corrections(story.returns, _before(quarter))
        order_out_of_a_lamp(story.returns, _before(quarter))
        leave_open(story.returns, quarter)
        return
    if quarter >= FIRST:
        story.later.missing = report_quarter(story.returns, quarter)
    elif quarter % 10 < 4:
        return  # nobody reported yet in the plan's first year: its quarters are closed with its last one
    rows = close(story.desk, quarter, unopened=quarter < FIRST)
    names = [row.name for row in rows if row.kind in ("year", "mid-term")]
    _issue(story, quarter, [name for name in names if int(name[:4]) >= story.annual_from])
    if quarter == MEETING_ON and story.editions:
        meet(story.returns, story.editions[-1], quarter)


def _before(quarter: int) -> int:
    return quarter - 1 if quarter % 10 > 1 else quarter - 7


def _record(story: Story, quarter: int) -> None:
    """The facts of a quarter. What was done by projects that a department files is left to its return."""
    desk, filed = story.desk, story.returns.codes
    tops = {track.leaf.code: top for top, tracks in story.returns.tracks.items() for track in tracks}
    direct = [
        one
        for one in story.happenings.get(quarter, ())
        if not (isinstance(one, DemoEntry) and one.stage == "work_done" and tops[one.leaf] in filed)
    ]
    for row, one in write_money(desk, direct):
        story.doubled += 1
        if story.doubled % 2:
            story.later.doubled_money.append((row, one))
        else:
            reverse_at_once(desk, row, one)
    write_milestones(desk, story.milestones, quarter, first=BEGIN)
    story.later.doubled_works = write_works(desk, story.works, quarter)
    story.later.wrong_reading = write_readings(desk, quarter)
    story.later.wrong_days = list(wrong_days(story.milestones, quarter))
    write_evaluations(desk, story.evaluations, quarter)


def _issue(story: Story, quarter: int, others: Sequence[str]) -> None:
    names = [quarter_name(quarter)] if quarter >= story.issued_from else []
    for name in [*names, *others]:
        story.editions.append(issue_edition(story.desk.session, story.desk.plan, name, by=story.desk.office))
