"""YAML files read together with the line of every value, so that an error can name file and line."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]
_DEEPEST = 100


class _StrictLoader(yaml.CSafeLoader):
    """Refuses a key that stands twice in one mapping, and reads `no`, `yes` and `on` as the words that they are."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node. Errors: ConstructorError, for 2024-02-30 and a list as a key too."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, OverflowError, AttributeError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error)[:200], node.start_mark) from error


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping_without_duplicates(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, f"{key!r:.60} is no key", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key!r} stands twice (first at line {seen[key]})", key_node.start_mark
            )
        seen[key] = key_node.start_mark.line + 1
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)


@dataclass(frozen=True)
class YamlFile:
    """A parsed file and the line where each value begins."""

    path: Path
    data: Any
    lines: dict[Place, int]

    def line_of(self, place: Place) -> int:
        """The line of a value, or of the nearest enclosing value when the place itself is missing."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return 1


def read_yaml(path: Path) -> YamlFile:
    """The file's data with the line of every value.

    Errors: yaml.MarkedYAMLError for a file that is not YAML or repeats a key; its mark names the line, where there is one.
    """
    try:
        return _read(path, path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError:
        raise
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:  # no text, or lists in lists without end
        raise yaml.MarkedYAMLError(problem=str(error)[:200]) from error


def _refuse_depth(text: str) -> None:
    """Errors: yaml.MarkedYAMLError. The reader in C calls itself for what lies inside, and too deep in it the process ends."""
    depth = 0
    for event in yaml.parse(text, Loader=_StrictLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"nested more than {_DEEPEST} deep", problem_mark=event.start_mark)  # type: ignore[arg-type]


def _read(path: Path, text: str) -> YamlFile:
    lines: dict[Place, int] = {}

    def walk(node: yaml.Node | None, place: Place) -> None:
        if node is None:
            return
        lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                walk(value_node, (*place, key_node.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value_node in enumerate(node.value):
                walk(value_node, (*place, index))

    _refuse_depth(text)
    loader = _StrictLoader(text)
    try:
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()
    walk(node, ())
    return YamlFile(path, data, lines)
