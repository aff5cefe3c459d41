"""Reads the seed files of a plan and checks all that can be checked before anything is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from core.errors import N_, Broken
from core.money import fen_from_text
from core.text import matching_key
from core.units import dimension, micro_from_text, unit_name
from seed.records import (
    Record,
    SeedCommitments,
    SeedContradictions,
    SeedIndicators,
    SeedJurisdictions,
    SeedPlan,
    SeedProgramme,
    SeedProjects,
    SeedSites,
)
from seed.rule_records import SeedRules
from seed.yaml_lines import Place, YamlFile, read_yaml

Shape = TypeVar("Shape", bound=Record)
FILES: dict[str, type[Record]] = {
    "plan.yaml": SeedPlan,
    "projects.yaml": SeedProjects,
    "indicators.yaml": SeedIndicators,
    "commitments.yaml": SeedCommitments,
    "contradictions.yaml": SeedContradictions,
    "rules.yaml": SeedRules,
    "sites.yaml": SeedSites,
}


@dataclass(frozen=True)
class SeedProblem:
    """What is wrong in a seed file, and where."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class SeedNotLoaded(Broken):
    """The files hold errors; nothing was written. `problems` lists every one of them."""

    sentence = N_("种子数据有 %(count)s 处错误，没有写入任何数据。")

    def __init__(self, problems: list[SeedProblem]) -> None:
        self.problems = problems
        super().__init__(count=len(problems))


@dataclass(frozen=True)
class SeedFolder:
    """The seven files of a plan, each of the right shape."""

    folder: Path
    plan: SeedPlan
    projects: SeedProjects
    indicators: SeedIndicators
    commitments: SeedCommitments
    contradictions: SeedContradictions
    rules: SeedRules
    sites: SeedSites
    files: dict[str, YamlFile]


def read_folder(folder: Path) -> SeedFolder:
    """The checked files of one plan.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    files: dict[str, YamlFile] = {}
    records: dict[str, Any] = {}
    problems: list[SeedProblem] = []
    for name, model in FILES.items():
        path = folder / name
        try:
            files[name] = read_yaml(path)
            records[name] = model.model_validate(files[name].data)
        except FileNotFoundError:
            problems.append(SeedProblem(path, 0, "file is missing"))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            problems.append(SeedProblem(path, line, f"not readable as YAML: {error.problem}"))
        except ValidationError as error:
            problems += shape_problems(files[name], error)
    if problems:
        raise SeedNotLoaded(problems)
    found = SeedFolder(
        folder,
        records["plan.yaml"],
        records["projects.yaml"],
        records["indicators.yaml"],
        records["commitments.yaml"],
        records["contradictions.yaml"],
        records["rules.yaml"],
        records["sites.yaml"],
        files,
    )
    problems = [*_keys(found), *_links(found), *_numbers(found)]
    if problems:
        raise SeedNotLoaded(problems)
    return found


def read_jurisdictions(path: Path) -> SeedJurisdictions:
    """Errors: SeedNotLoaded."""
    return read_checked(path, SeedJurisdictions)[0]


def read_checked(path: Path, model: type[Shape]) -> tuple[Shape, YamlFile]:
    """A file of the right shape, with the lines of its values.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    try:
        file = read_yaml(path)
        return model.model_validate(file.data), file
    except FileNotFoundError:
        raise SeedNotLoaded([SeedProblem(path, 0, "file is missing")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise SeedNotLoaded([SeedProblem(path, line, f"not readable as YAML: {error.problem}")]) from error
    except ValidationError as error:
        raise SeedNotLoaded(shape_problems(file, error)) from error


def shape_problems(file: YamlFile, error: ValidationError) -> list[SeedProblem]:
    """The model's complaints with the lines that they are about."""
    found = []
    for item in error.errors():
        where = ".".join(str(step) for step in item["loc"])
        value = repr(item["input"])
        message = f"{where}: {item['msg']} (found {value[:60]})"
        found.append(SeedProblem(file.path, file.line_of(tuple(item["loc"])), message))
    return found


def flat(programmes: Iterable[SeedProgramme]) -> list[SeedProgramme]:
    """The tree as a list, parents before children."""
    return [one for programme in programmes for one in (programme, *flat(programme.children))]


def _sayer(found: SeedFolder, name: str) -> Callable[[Place, str], SeedProblem]:
    file = found.files[name]
    return lambda place, message: SeedProblem(file.path, file.line_of(place), message)


def _keys(found: SeedFolder) -> list[SeedProblem]:
    """Every key once, and no two projects of one name under one programme."""
    problems = []
    lists: list[tuple[str, str, list[Any]]] = [
        ("projects.yaml", "projects", found.projects.projects),
        ("indicators.yaml", "indicators", found.indicators.indicators),
        ("commitments.yaml", "commitments", found.commitments.commitments),
        ("contradictions.yaml", "contradictions", found.contradictions.contradictions),
    ]
    for file, name, records in lists:
        say = _sayer(found, file)
        seen: set[str] = set()
        for index, record in enumerate(records):
            for key in (record.key, *(part.key for part in getattr(record, "parts", []))):
                if key in seen:
                    problems.append(say((name, index, "key"), f"key {key} stands twice"))
                seen.add(key)
    say = _sayer(found, "projects.yaml")
    names: set[tuple[str, str]] = set()
    for index, project in enumerate(found.projects.projects):
        name_and_place = (matching_key(project.name), project.programme)
        if name_and_place in names:
            problems.append(say(("projects", index, "name"), f"a second project {project.name} in {project.programme}"))
        names.add(name_and_place)
    keys = [programme.key for programme in flat(found.plan.programmes)]
    say = _sayer(found, "plan.yaml")
    problems += [say(("programmes",), f"programme key {key} stands twice") for key in set(keys) if keys.count(key) > 1]
    return problems


def _links(found: SeedFolder) -> list[SeedProblem]:
    """Every programme, department, project and indicator that a record names exists."""
    programmes = {programme.key for programme in flat(found.plan.programmes)}
    departments = {matching_key(department.name) for department in found.plan.departments}
    projects = {key for p in found.projects.projects for key in (p.key, *(part.key for part in p.parts))}
    indicators = {indicator.key for indicator in found.indicators.indicators}
    commitments = {commitment.key for commitment in found.commitments.commitments}
    problems = []
    say = _sayer(found, "projects.yaml")
    for index, project in enumerate(found.projects.projects):
        if project.programme not in programmes:
            problems.append(say(("projects", index, "programme"), f"unknown programme {project.programme}"))
        for field in ("lead_department", "implementing_body"):
            name = getattr(project, field)
            if name is not None and matching_key(name) not in departments:
                message = f"unknown department {name}; plan.yaml must list it"
                problems.append(say(("projects", index, field), message))
    say = _sayer(found, "commitments.yaml")
    for index, commitment in enumerate(found.commitments.commitments):
        wanted = [("programme", commitment.programme, programmes), ("indicator", commitment.indicator, indicators)]
        wanted += [("projects", key, projects) for key in commitment.projects]
        if commitment.department is not None:
            wanted.append(("department", matching_key(commitment.department), departments))
        for field, key, known in wanted:
            if key is not None and key not in known:
                problems.append(say(("commitments", index, field), f"unknown {field} {key}"))
    say = _sayer(found, "contradictions.yaml")
    for index, contradiction in enumerate(found.contradictions.contradictions):
        subject = contradiction.subject
        if subject is not None and subject not in projects | indicators | commitments | programmes:
            problems.append(say(("contradictions", index, "subject"), f"unknown record {subject}"))
        if contradiction.in_use is not None and not 0 <= contradiction.in_use < len(contradiction.readings):
            problems.append(say(("contradictions", index, "in_use"), "in_use names no reading"))
    return problems


def _numbers(found: SeedFolder) -> list[SeedProblem]:
    """Units are known, quantities are exact, estimates are whole fen, and parts add up to their package."""
    problems = []
    say = _sayer(found, "projects.yaml")
    measures: dict[str, str] = {}
    for index, project in enumerate(found.projects.projects):
        place: Place = ("projects", index)
        for number, quantity in enumerate(project.quantities):
            problems += _quantity(quantity, (*place, "quantities", number), say, measures)
        for part_index, part in enumerate(project.parts):
            for number, quantity in enumerate(part.quantities):
                problems += _quantity(quantity, (*place, "parts", part_index, "quantities", number), say, measures)
        estimates = [part.estimate for part in project.parts]
        try:
            amounts = [fen_from_text(e.value, e.unit) for e in (*estimates, project.estimate) if e is not None]
        except Broken as error:
            problems.append(say((*place, "estimate"), str(error)))
            continue
        if project.parts and len(amounts) == len(estimates) + 1 and sum(amounts[:-1]) != amounts[-1]:
            message = f"parts add up to {sum(amounts[:-1])} fen, the package says {amounts[-1]} fen"
            problems.append(say((*place, "parts"), message))
    say = _sayer(found, "commitments.yaml")
    for index, commitment in enumerate(found.commitments.commitments):
        problems += _quantity(commitment, ("commitments", index), say, measures)
    return problems


def _quantity(
    record: Any, place: Place, say: Callable[[Place, str], SeedProblem], measures: dict[str, str]
) -> list[SeedProblem]:
    try:
        kind = dimension(unit_name(record.unit))
        micro_from_text(record.value)
    except (Broken, ValueError) as error:
        return [say((*place, "unit"), str(error))]
    if measures.setdefault(record.measure, kind) != kind:
        message = f"measure {record.measure} is counted as {measures[record.measure]} elsewhere, here as {kind}"
        return [say((*place, "measure"), message)]
    return []
