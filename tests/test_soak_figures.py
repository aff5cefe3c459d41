"""The tables of docs/soak.md: a row for each thing, the last run of it, whatever else stands in the file."""

from pathlib import Path

from tests.soak_figures import record, rows


def test_a_run_takes_the_place_of_the_one_before_it(tmp_path: Path) -> None:
    path = tmp_path / "soak.md"
    path.write_text("# Long runs\n\nWords that stay.\n", encoding="utf-8")
    record("Parsers", "amounts", path, inputs=1_000, seconds=3)
    record("Parsers", "days", path, inputs=5, seconds=1)
    record("Kills", "worker", path, kills=100, lost=0)
    record("Parsers", "amounts", path, inputs=2_500, seconds=4, slowest="a|b")
    assert [(row["what"], row["inputs"], row["slowest"]) for row in rows("Parsers", path)] == [
        ("days", "5", "–"),
        ("amounts", "2,500", "a/b"),
    ]
    assert [(row["what"], row["kills"]) for row in rows("Kills", path)] == [("worker", "100")]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Long runs\n\nWords that stay.\n\n## Parsers\n")
    assert text.count("## Parsers") == text.count("## Kills") == 1
    assert text.endswith("-->\n")
