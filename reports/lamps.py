"""Lamps (红黄绿蓝灯, 灰 = no data): what the rules of a plan say of a project, why, and what turns it green. Only calculates.

Source: domain page, section 6. Rules are data with versions (milestones/lamp_rules.py): only those in force for the plan count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import N_
from reports.findings import Sentence
from reports.lamp_kinds import KINDS
from reports.lamp_words import GREY, RED, WORST_FIRST, YELLOW, Finding, one_way, worst_of
from reports.progress_math import ProjectProgress

_PAUSED = {"slowed": N_("缓建"), "halted": N_("停建")}


@dataclass(frozen=True)
class Rule:
    """A rule that is in force for a plan: its key, kind, name and parameters, and the version they are of."""

    key: str
    kind: str
    name: str
    parameters: Mapping[str, int]
    version: int = 1


@dataclass(frozen=True)
class Lamp:
    """What one rule says of a project: why, and what all has to be done for green (nothing when it is green)."""

    rule: str
    name: str
    colour: str
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> tuple[Sentence, ...]:
        return tuple(one.reason for one in self.findings)

    @property
    def turns_green_by(self) -> tuple[Sentence, ...]:
        """Everything that has to be done, each thing once."""
        found: list[Sentence] = []
        for one in self.findings:
            found += [way for way in one.way() if way not in found]
        return tuple(found)


@dataclass(frozen=True)
class ProjectLamp:
    """The lamp of a project, which is the worst of its rules, and what each rule says, the worst first."""

    colour: str
    lamps: tuple[Lamp, ...]
    progress: ProjectProgress

    @property
    def worst(self) -> Lamp:
        return self.lamps[0]


def project_lamp(progress: ProjectProgress, rules: Iterable[Rule]) -> ProjectLamp:
    """The lamp of a project by the rules that are in force for its plan."""
    lamps = sorted((lamp(progress, rule) for rule in rules), key=lambda one: WORST_FIRST.index(one.colour))
    if not lamps:
        why = Finding(GREY, Sentence(N_("本规划没有启用亮灯规则")), one_way(N_("为本规划启用亮灯规则")))
        lamps = [Lamp("", "", GREY, (why,))]
    return ProjectLamp(lamps[0].colour, tuple(lamps), progress)


def lamp(progress: ProjectProgress, rule: Rule) -> Lamp:
    """What one rule says. The worst finding makes the colour; beside a red one the yellow ones are said, too."""
    findings = _paused(progress) or KINDS[rule.kind](progress, rule.parameters)
    colour = worst_of([one.colour for one in findings])
    said = [one for one in findings if one.colour in ((RED, YELLOW) if colour in (RED, YELLOW) else (colour,))]
    said.sort(key=lambda one: WORST_FIRST.index(one.colour))
    return Lamp(rule.key, rule.name, colour, tuple(said))


def _paused(progress: ProjectProgress) -> list[Finding]:
    """What is put off or stopped by document says so, and is not judged by its progress."""
    if progress.state not in _PAUSED:
        return []
    since = "" if progress.state_since is None else progress.state_since.isoformat()
    facts = {"state": Sentence(_PAUSED[progress.state]), "day": since}
    back = one_way(N_("复工后填报状态“在建”"))
    return [Finding(GREY, Sentence(N_("自 %(day)s 起%(state)s，不按进度亮灯"), facts), back)]
