"""Loads the tree of funding sources. What a person changed on the page stays, and the difference is listed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError
from sqlmodel import Session, select

from budgets.source_editing import DEEPEST
from budgets.sources import FundingSource
from core.text import matching_key
from portfolio.citations import supplied_values
from portfolio.recording import Tally, put_record
from seed.checking import SeedNotLoaded, SeedProblem, shape_problems
from seed.loading import LOADER
from seed.records import Key, Record
from seed.yaml_lines import Place, YamlFile, read_yaml

FILE = "funding_sources.yaml"
_Name = Annotated[str, Field(min_length=1, max_length=60)]


class SeedSource(Record):
    """A source, or a heading with `children`."""

    key: Annotated[Key, Field(max_length=40)]
    name: _Name
    name_en: Annotated[str, Field(min_length=1, max_length=80)]
    fiscal: bool
    pending: bool = False
    dispatch: _Name | None = None
    finance: _Name | None = None
    public: _Name | None = None
    children: list["SeedSource"] = Field(default=[])


class SeedSources(Record):
    sources: list[SeedSource]


@dataclass(frozen=True)
class _Placed:
    """A record with its place in the file, how deep it stands and below which key."""

    record: SeedSource
    place: Place
    depth: int
    parent: str | None


def read_sources(path: Path) -> SeedSources:
    """The checked file.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    try:
        file = read_yaml(path)
        found = SeedSources.model_validate(file.data)
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


def _placed(records: list[SeedSource], place: Place, depth: int, parent: str | None) -> Iterator[_Placed]:
    for index, record in enumerate(records):
        here = (*place, index)
        yield _Placed(record, here, depth, parent)
        yield from _placed(record.children, (*here, "children"), depth + 1, record.key)


def _problems(file: YamlFile, found: SeedSources) -> Iterator[SeedProblem]:
    """Every key and name stands once, at most three deep; what is pending is an end and not fiscal."""
    keys: set[str] = set()
    names: set[str] = set()
    for one in _placed(found.sources, ("sources",), 1, None):
        record = one.record

        def say(field: str, message: str, place: Place = one.place) -> SeedProblem:
            return SeedProblem(file.path, file.line_of((*place, field)), message)

        if record.key in keys:
            yield say("key", f"key {record.key} stands twice")
        if matching_key(record.name) in names:
            yield say("name", f"name {record.name} stands twice")
        if one.depth > DEEPEST:
            yield say("key", f"{record.key} stands more than {DEEPEST} deep")
        if record.pending and (record.children or record.fiscal):
            yield say("pending", f"{record.key} is pending, so it is neither a heading nor fiscal")
        keys.add(record.key)
        names.add(matching_key(record.name))


def put_sources(session: Session, seed: SeedSources, path: Path) -> Tally:
    """Brings the tree to what the file says; what came of it.

    Errors: SeedNotLoaded when somebody gave another source a name that the file needs.
    """
    tally, ids = Tally(), dict[str, int | None]()
    for number, one in enumerate(_placed(seed.sources, ("sources",), 1, None), start=1):
        record = one.record
        twin = _twin(session, record)
        if twin is not None:
            message = f"{record.key}: the name {record.name} is taken by the source {twin}"
            raise SeedNotLoaded([SeedProblem(path, read_yaml(path).line_of((*one.place, "name")), message)])
        facts = record.model_dump(exclude={"key", "children"}) | {
            "name_key": matching_key(record.name),
            "position": number * 10,  # between two of them there is room for a person's own
            "parent_id": None if one.parent is None else ids[one.parent],
        }
        row = put_record(
            session,
            FundingSource,
            {"key": record.key},
            facts,
            subject="funding_source",
            key=record.key,
            tally=tally,
            by=LOADER,
            facts=_without_key,
        )
        ids[record.key] = row.id
    tally.differences = [one for one in tally.differences if one.field != "name_key"]  # it says the same as the name
    return tally


def _without_key(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit trail keeps: the key by which names are matched says the same as the name."""
    return {name: value for name, value in values.items() if name != "name_key"}


def _twin(session: Session, record: SeedSource) -> str | None:
    """The key of another source that has the name; a source that a person renamed keeps that name and needs no other."""
    held = session.exec(select(FundingSource).where(FundingSource.key == record.key)).first()
    if held is not None and "name" in supplied_values(session, "funding_source", held.id or 0):
        return None
    named = select(FundingSource.key).where(FundingSource.name_key == matching_key(record.name))
    return session.exec(named.where(FundingSource.key != record.key)).first()
