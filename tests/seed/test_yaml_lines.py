"""YAML that cannot be read is refused with its line, whatever is wrong with it."""

from pathlib import Path

import pytest
import yaml

from seed.yaml_lines import read_yaml


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nsince: 2024-02-30\n", 2),
        ("a: 1\n[b, c]: 2\n", 2),
        ("a: 1\nb: !!int x\n", 2),
        ("a: 1\nb: !!bool x\n", 2),
        ("a: 1\nb: 0b_\n", 2),
        ("a: 1\na: 2\n", 2),
        ("a: 1\nb: " + "[" * 101, 2),
        ("[" * 500_000, 1),
        ("a: \x00", None),
    ],
)
def test_what_no_value_can_be_made_of_is_told_with_its_line(tmp_path: Path, text: str, line: int | None) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        read_yaml(tmp_path / "a.yaml")
    mark = refused.value.problem_mark
    assert (None if mark is None else mark.line + 1) == line
    assert refused.value.problem


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(yaml.MarkedYAMLError):
        read_yaml(tmp_path / "a.yaml")
