"""A scenario as its address holds it: each change is a parameter, so that a link shows the next reader the same.

`factor.<no>.<measure>`, `survival.<measure>` in percent, `target.<project>.<quantity>` in the printed unit, `finish.<project>`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_, Broken, Invalid
from reports.scenario import Copy, PlannedWork, Scenario

ALSO = "also"  # a project that the form is to offer, by its code
PREFIXES = ("factor.", "survival.", "target.", "finish.")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_FACTOR = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?|-?[0-9]{1,6}/[1-9][0-9]{0,5}")
_EARLIEST, _LATEST = 1990, 2100


class NoSuchProject(Broken):
    sentence = N_("没有项目“%(found)s”，或者它没有可以改动的工程量。")


class NoSuchRule(Broken):
    sentence = N_("没有“%(found)s”这一项推算规则或工程量指标。")


class TooMuchAlive(Broken):
    sentence = N_("成活（保存）比例填写的是 %(found)s，应为 0 至 100 之间的百分数。")


class EndsBeforeItBegins(Broken):
    sentence = N_("%(project)s的完工年填写的是 %(found)s，早于起始年 %(first)s。")


@dataclass(frozen=True)
class Change:
    """One change in words: what is changed, from what to what; `what` and `of` are names of the plan."""

    kind: str
    of: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Asked:
    """What an address asks for: the scenario, its changes in words, its parameters without those that change nothing."""

    scenario: Scenario
    changes: tuple[Change, ...]
    parameters: dict[str, str]
    problems: tuple[Broken, ...]


@dataclass(frozen=True)
class Changeable:
    """Something that a scenario of the plan may change: the name of its parameter, what it is of, and what it is now."""

    change: str
    kind: str
    of: str
    what: str | None
    unit: str | None
    now: str | None


KINDS = {
    "factor": N_("系数"),
    "survival": N_("成活（保存）比例"),
    "target": N_("任务数量"),
    "finish": N_("完工年"),
}


class _Reader:
    """Reads one parameter after another and remembers what came of it."""

    def __init__(self, copy: Copy, plan_id: int) -> None:
        self.copy, self.plan_id = copy, plan_id
        self.works = [one for one in copy.works if one.shown]
        self.factors: dict[tuple[int, int], Fraction] = {}
        self.survivals: dict[int, Fraction] = {}
        self.targets: dict[int, Fraction] = {}
        self.finishes: dict[int, int] = {}
        self.changes: list[Change] = []

    def factor(self, name: str, rest: str, text: str) -> None:
        no, _, measure = rest.rpartition(".")
        for row, _, _ in self.copy.gathered.indicators:
            record = self.copy.gathered.rules.get(row.id or 0)
            if row.plan_id != self.plan_id or row.no != no or record is None or row.id is None:
                continue
            for one in record.measures:
                if str(one.measure_id) == measure:
                    if not _FACTOR.fullmatch(text):
                        expected = N_("0.85 或 2/3 这样的数")
                        raise Invalid(field=name, label=KINDS["factor"], found=text, expected=expected)
                    value = Fraction(text)
                    if value != one.factor:
                        self.factors[row.id, one.measure_id] = value
                        self._said("factor", row.name, one.measure, str(one.factor), text)
                    return
        raise NoSuchRule(found=rest[:40])

    def survival(self, name: str, rest: str, text: str) -> None:
        known = {one.measure_id: one.measure for record in self.copy.gathered.rules.values() for one in record.measures}
        measure_id = next((id_ for id_ in known if str(id_) == rest), None)
        if measure_id is None:
            raise NoSuchRule(found=rest[:40])
        bare = text.removesuffix("%").strip()
        if not _NUMBER.fullmatch(bare) or Fraction(bare) > 100:
            raise TooMuchAlive(field=name, found=text[:20])
        if Fraction(bare) != 100:
            self.survivals[measure_id] = Fraction(bare) / 100
            self._said("survival", known[measure_id], "", "100%", f"{bare}%")

    def target(self, name: str, rest: str, text: str) -> None:
        code, _, quantity = rest.rpartition(".")
        work = next((one for one in self.works if one.code == code and str(one.quantity_id) == quantity), None)
        if work is None:
            raise NoSuchProject(field=ALSO, found=code[:60] or rest[:60])
        if not _NUMBER.fullmatch(text.replace(",", "")):
            expected = N_("不小于 0、最多六位小数的数字")
            raise Invalid(field=name, label=KINDS["target"], found=text, expected=expected)
        value = Fraction(text.replace(",", ""))
        if value != work.value:
            self.targets[work.quantity_id] = value
            per = "/年" if work.yearly else ""
            before, after = (f"{_plain(one)} {work.unit}{per}" for one in (work.value, value))
            self._said("target", work.name, work.measure, before, after)

    def finish(self, name: str, rest: str, text: str) -> None:
        works = [one for one in self.works if rest in (one.code, one.project)]
        if not works:
            raise NoSuchProject(field=ALSO, found=rest[:60])
        own = next((one for one in works if one.code == rest), works[0])
        if not re.fullmatch(r"[0-9]{4}", text) or not _EARLIEST <= int(text) <= _LATEST:
            expected = f"{_EARLIEST}—{_LATEST}"
            raise Invalid(field=name, label=KINDS["finish"], found=text, expected=expected)
        year = int(text)
        if own.first_year is not None and year < own.first_year:
            raise EndsBeforeItBegins(field=name, project=own.name, found=text, first=own.first_year)
        if year != own.last_year:
            self.finishes[own.years_of] = year
            self._said("finish", own.name, "", "—" if own.last_year is None else str(own.last_year), text)

    def _said(self, kind: str, of: str, what: str, before: str, after: str) -> None:
        self.changes.append(Change(kind, of, what, before, after))


def _plain(value: Fraction) -> str:
    text = f"{value.numerator / value.denominator:.6f}" if value.denominator != 1 else str(value.numerator)
    return text.rstrip("0").rstrip(".") if "." in text else text


def asked_of(parameters: Mapping[str, str], copy: Copy, plan_id: int) -> Asked:
    """The scenario that the parameters hold; what cannot be read is a problem and changes nothing."""
    reader = _Reader(copy, plan_id)
    read: dict[str, Callable[[str, str, str], None]] = {
        "factor.": reader.factor,
        "survival.": reader.survival,
        "target.": reader.target,
        "finish.": reader.finish,
    }
    kept: dict[str, str] = {}
    problems: list[Broken] = []
    for name, value in parameters.items():
        prefix = next((one for one in PREFIXES if name.startswith(one)), None)
        if prefix is None or not value.strip():
            continue
        before = len(reader.changes)
        try:
            read[prefix](name, name.removeprefix(prefix), value.strip())
        except Broken as problem:
            problems.append(problem)
            continue
        if len(reader.changes) > before:
            kept[name] = value.strip()
    named = parameters.get(ALSO, "").strip()
    if named and not any(named in (one.code, one.project) for one in reader.works):
        problems.append(NoSuchProject(field=ALSO, found=named[:60]))
    scenario = Scenario(reader.factors, reader.survivals, reader.targets, reader.finishes)
    return Asked(scenario, tuple(reader.changes), kept, tuple(problems))


def offered(copy: Copy, plan_id: int, asked: Mapping[str, str], most: int) -> list[PlannedWork]:
    """The planned works that the form offers: the changed ones and the largest of each measure, own projects first."""
    works = [one for one in copy.works if one.shown and plan_id in dict(one.plans)]
    named = {name.split(".")[1] for name in asked if name.startswith(("target.", "finish."))}
    named |= {asked.get(ALSO, "").strip()}
    chosen = [one for one in works if one.code in named or one.project in named]
    rest = [one for one in works if one not in chosen]
    kept = {one.quantity_id for one in (*chosen, *rest[: max(0, most - len(chosen))])}
    return [one for one in works if one.quantity_id in kept]


def changeable(copy: Copy, plan_id: int) -> list[Changeable]:
    """Everything that `asked_of` takes for the plan: the names that it reads, in the order of KINDS."""
    rules = copy.gathered.rules
    own = [row for row, _, _ in copy.gathered.indicators if row.plan_id == plan_id and row.id in rules]
    found = [
        Changeable(f"factor.{row.no}.{one.measure_id}", "factor", row.name, one.measure, None, str(one.factor))
        for row in own
        for one in rules[row.id or 0].measures
    ]
    measures = {one.measure_id: one.measure for record in rules.values() for one in record.measures}
    found += [
        Changeable(f"survival.{id_}", "survival", name, None, "%", "100") for id_, name in sorted(measures.items())
    ]
    works = [one for one in copy.works if one.shown]
    for one in works:
        unit = f"{one.unit}/年" if one.yearly else one.unit
        name = f"target.{one.code}.{one.quantity_id}"
        found.append(Changeable(name, "target", one.name, one.measure, unit, _plain(one.value)))
    ends = {one.code: one for one in works}
    found += [
        Changeable(
            f"finish.{code}", "finish", one.name, None, None, None if one.last_year is None else str(one.last_year)
        )
        for code, one in ends.items()
    ]
    return found
