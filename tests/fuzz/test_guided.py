"""The parsers once more, with inputs that are guided by the lines that they reach (atheris)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.fuzz.parsers import TEXTS
from tests.soak_figures import SECONDS, record

SECTION = "Parsers, guided by what is reached"
FOUND = 77  # how libFuzzer ends when an input breaks something
LONGEST = 4_000  # bytes of an input
RUNS = 12_000
_BROKEN = """
import tests.fuzz.guided as guided
guided.PARSERS = (guided.Parser("broken", lambda text: {}["x"] if text.startswith("qs") else None, ("q",)),)
guided.main()
"""
_HUNGRY = """
import tests.fuzz.guided as guided
guided.PARSERS = (guided.Parser("hungry", lambda text: bytearray(guided.MOST_BYTES), ("q",)),)
guided.main()
"""


def guided(folder: Path, *options: str, program: tuple[str, ...] = ("-m", "tests.fuzz.guided")) -> tuple[int, str]:
    """Its exit code, and what it said."""
    inputs = folder / "inputs"
    inputs.mkdir()
    told = (f"-artifact_prefix={folder}/", f"-max_len={LONGEST}", "-print_final_stats=1", *options)
    command = [sys.executable, *program, str(inputs), *told]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout + done.stderr


def inputs_of(said: str) -> int:
    return int(re.findall(r"stat::number_of_executed_units: (\d+)", said)[-1])


def reached(said: str) -> int:
    """How many branches of our code the inputs came to."""
    return int(re.findall(r"cov: (\d+)", said)[-1])


def test_no_guided_input_breaks_a_parser(tmp_path: Path) -> None:
    code, said = guided(tmp_path, f"-runs={RUNS}", "-seed=1")
    assert code == 0, said[-3000:]
    assert inputs_of(said) == RUNS
    assert reached(said) > 10 * len(TEXTS), "the parsers are not watched any more"


def test_a_parser_that_breaks_is_found(tmp_path: Path) -> None:
    many = 40 * RUNS  # it ends when it has found it
    code, said = guided(tmp_path, f"-runs={many}", "-seed=1", program=("-c", _BROKEN))
    assert code == FOUND
    assert "broken: 'qs" in said


def test_a_parser_that_takes_too_much_memory_is_found(tmp_path: Path) -> None:
    code, said = guided(tmp_path, f"-runs={RUNS}", "-seed=1", program=("-c", _HUNGRY))
    assert code == FOUND
    assert "hungry: 'q" in said
    assert "MemoryError" in said


@pytest.mark.soak
def test_guided_inputs_for_long(tmp_path: Path) -> None:
    code, said = guided(tmp_path, f"-max_total_time={SECONDS}")
    assert code == 0, said[-3000:]
    record(SECTION, "all parsers", inputs=inputs_of(said), branches=reached(said), seconds=SECONDS)
