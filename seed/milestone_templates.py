"""Loads the milestone templates. What a person changed on the page stays, and the difference is listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError
from sqlmodel import Session, select

from core.text import matching_key
from milestones.milestone_templates import SUBJECT, TemplateItem, item_problems, items_text
from milestones.milestones import MILESTONE_KINDS, MilestoneTemplate
from portfolio.citations import supplied_values
from portfolio.recording import Tally, put_record
from seed.checking import SeedNotLoaded, SeedProblem, shape_problems
from seed.loading import LOADER
from seed.records import DecimalText, Key, Record
from seed.yaml_lines import YamlFile, read_yaml

FILE = "milestone_templates.yaml"
_Kind = Literal[
    "approval", "feasibility", "design", "tender", "start", "main", "finish", "acceptance", "maintained", "free"
]


class SeedItem(Record):
    kind: _Kind
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    weight: DecimalText
    share: Annotated[int, Field(ge=0, le=100)]

    @property
    def item(self) -> TemplateItem:
        return TemplateItem(self.kind, self.name or MILESTONE_KINDS[self.kind], self.weight, self.share)


class SeedTemplate(Record):
    key: Annotated[Key, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    name_en: Annotated[str, Field(min_length=1, max_length=80)]
    items: list[SeedItem]


class SeedTemplates(Record):
    templates: list[SeedTemplate]


def read_templates(path: Path) -> SeedTemplates:
    """The checked file.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    try:
        file = read_yaml(path)
        found = SeedTemplates.model_validate(file.data)
    except FileNotFoundError:
        raise SeedNotLoaded([SeedProblem(path, 0, "file is missing")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise SeedNotLoaded([SeedProblem(path, line, f"not readable as YAML: {error.problem}")]) from error
    except ValidationError as error:
        raise SeedNotLoaded(shape_problems(file, error)) from error
    problems = list(_problems(file, found))
    if problems:
        raise SeedNotLoaded(problems)
    return found


def _problems(file: YamlFile, found: SeedTemplates) -> Iterator[SeedProblem]:
    """Every key and name stands once; the weights of each template add to 100."""
    seen: set[str] = set()
    for number, record in enumerate(found.templates):
        for field, key in (("key", record.key), ("name", matching_key(record.name))):
            if key in seen:
                line = file.line_of(("templates", number, field))
                yield SeedProblem(file.path, line, f"{field} {getattr(record, field)} stands twice")
            seen.add(key)
        for problem in item_problems([one.item for one in record.items]):
            place = ("templates", number, "items")
            if problem.field and problem.field.startswith("item_"):
                place = (*place, int(problem.field.removeprefix("item_")) - 1)  # type: ignore[assignment]
            yield SeedProblem(file.path, file.line_of(place), f"{record.key}: {problem}")


def put_templates(session: Session, seed: SeedTemplates, path: Path) -> Tally:
    """Brings the templates to what the file says; what came of it.

    Errors: SeedNotLoaded when somebody gave another template a name that the file needs.
    """
    tally = Tally()
    for number, record in enumerate(seed.templates, start=1):
        twin = _twin(session, record)
        if twin is not None:
            line = read_yaml(path).line_of(("templates", number - 1, "name"))
            message = f"{record.key}: the name {record.name} is taken by the template {twin}"
            raise SeedNotLoaded([SeedProblem(path, line, message)])
        facts: dict[str, Any] = {
            "name": record.name,
            "name_en": record.name_en,
            "position": number * 10,  # between two of them there is room for a person's own
            "items": items_text([one.item for one in record.items]),
        }
        match = {"key": record.key}
        put_record(session, MilestoneTemplate, match, facts, subject=SUBJECT, key=record.key, tally=tally, by=LOADER)
    return tally


def _twin(session: Session, record: SeedTemplate) -> str | None:
    """The key of another template that has the name; one that a person renamed keeps that name and needs no other."""
    rows = session.exec(select(MilestoneTemplate)).all()
    held = next((row for row in rows if row.key == record.key), None)
    if held is not None and "name" in supplied_values(session, SUBJECT, held.id or 0):
        return None
    key = matching_key(record.name)
    return next((row.key for row in rows if row.key != record.key and matching_key(row.name) == key), None)
