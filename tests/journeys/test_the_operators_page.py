"""What the first chapter of docs/operate.md says to type is typed, as written, from a new PostgreSQL to an upgrade of its tables.

What would change the machine itself is stood in for: `sudo` finds the packages installed, as `.ci/run` has done, leaves accounts
and services alone, and reaches a throw-away PostgreSQL that asks for passwords. Everything else is real: a clone, a new
environment with every package, the server, its backups. Between the blocks happens what happens to an operator: data are lost,
and a newer version is published that the tables have to be brought up to.
"""

import os
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from core.settings import ROOT
from tests import postgres
from tests.needs import find_program, not_here

_CHAPTER = re.compile(r"^## One page:.*?(?=^## )", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\*\*(\d+)\. .*?(?=^\*\*\d+\. |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATIENCE = 900
_SUDO = """#!/bin/sh
case "$1" in
  apt-get) [ "$2" = update ] && exit 0
    shift 3
    command -v dpkg-query >/dev/null || exit 0
    dpkg-query --show "$@" >/dev/null ;;
  service) [ "$2 $3" = "postgresql start" ] && psql --quiet --tuples-only --command "SELECT 1" >/dev/null ;;
  useradd) true ;;
  -u) [ "$2" = postgres ] || exit 1
    shift 2
    exec "$@" ;;
  *) echo "sudo: not expected: $*" >&2; exit 1 ;;
esac
"""
# Everything that belonged to the installation is gone: rows, files, and the key of the second factors.
_LOSS = """
psql --quiet --dbname qingshan --command "DROP TABLE project CASCADE"
rm -rf ~/files ~/secrets.json
"""


@dataclass(frozen=True)
class Desk:
    """Where the operator sits: a home, and what the shell there knows."""

    home: Path
    environment: dict[str, str]

    def types(self, commands: str) -> str:
        """What the commands print, which all must succeed; the shell is a new one, as after signing in again."""
        said = self.home / "said.txt"
        with said.open("w") as out:
            done = subprocess.run(
                ["bash", "-e", "-u", "-o", "pipefail", "-c", commands],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=_PATIENCE,
                check=False,
            )
        told = said.read_text(encoding="utf-8")
        assert done.returncode == 0, f"{commands}\n{told[-4000:]}"
        return told


def steps() -> dict[int, str]:
    """The commands of each step of the chapter."""
    chapter = _CHAPTER.search((ROOT / "docs" / "operate.md").read_text(encoding="utf-8"))
    assert chapter is not None
    return {int(step[1]): "".join(_BLOCK.findall(step[0])) for step in _STEP.finditer(chapter[0])}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    programs = postgres.find_programs()
    if programs is None or find_program("curl") is None:
        not_here("PostgreSQL or curl")
    home, tools = tmp_path / "home", tmp_path / "tools"
    home.mkdir()
    tools.mkdir()
    (tools / "sudo").write_text(_SUDO)
    (tools / "sudo").chmod(0o755)
    own, port = Path.home(), free_port()
    with postgres.running(programs, port=port) as server:
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("QINGSHAN_", "PYTEST_", "COV_"))
            },
            **{
                "HOME": str(home),
                "PATH": f"{tools}:{programs}:{os.environ['PATH']}",
                "SOURCE": str(tmp_path / "source.git"),
            },
            # Where this machine keeps its packages is not part of the page.
            **{"XDG_CONFIG_HOME": str(own / ".config"), "XDG_CACHE_HOME": str(own / ".cache")},
            # An address without a port means this server and no other that the machine may have.
            **{"PGPORT": str(port), "QINGSHAN_PORT": str(free_port())},
            "QINGSHAN_LANGUAGE": "zh",
        }
        as_administrator = {"PGHOST": str(server.socket_folder), "PGUSER": "postgres"}
        publish(tmp_path)
        try:
            yield Desk(home, environment | as_administrator)
        finally:
            stop(home)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def publish(folder: Path) -> None:
    """The repository that the operator clones from: this checkout, as it is committed."""
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, folder / "source.git"], check=True)


def publish_newer(folder: Path) -> None:
    """A commit more, with another list of packages, as newer versions have."""
    clone = folder / "newer"
    subprocess.run(["git", "clone", "--quiet", folder / "source.git", clone], check=True)
    with (clone / "assets.lock").open("a", encoding="utf-8") as lock:
        lock.write("# newer\n")
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *who, "commit", "--quiet", "--all", "--message", "newer"], cwd=clone, check=True)
    subprocess.run(["git", "push", "--quiet"], cwd=clone, check=True)


def stop(home: Path) -> None:
    pid = home / "qingshan.pid"
    if pid.exists():
        subprocess.run(["bash", "-c", f"kill $(cat {shlex.quote(str(pid))}) 2>/dev/null; sleep 2"], check=False)


# The tables as the version before this one had them.
_EARLIER = """
.venv/bin/python -c "
from alembic import command
from core.schema import configuration
command.downgrade(configuration(), '-1')
"
"""
_AGAIN = "cd ~/qingshan; . ~/settings.sh\n"  # what a new window begins with, as steps 2 and 7 say
_COUNTS = "psql --quiet --tuples-only --no-align --dbname qingshan --command "


def test_from_install_to_upgrade_as_the_page_says(desk: Desk, tmp_path: Path) -> None:
    step = steps()
    assert sorted(step) == [1, 2, 3, 4, 5, 6, 7]
    desk.types(step[1])
    refused = psycopg.OperationalError
    with pytest.raises(refused, match="password"):
        psycopg.connect(
            f"host=127.0.0.1 port={desk.environment['PGPORT']} user=qingshan password=wrong dbname=qingshan"
        )
    desk.types(step[2])
    assert "/welcome/" in desk.types(_AGAIN + step[3])
    assert '"ready":true' in desk.types(_AGAIN + step[4])
    assert "完好，可以恢复" in desk.types(_AGAIN + step[5])
    projects = f"{_COUNTS} 'SELECT count(*) FROM project'"
    there = int(desk.types(projects))
    assert there > 200
    desk.types(_LOSS)
    (newest,) = re.findall(r"^BACKUP=.*\n", step[5], re.MULTILINE)  # the window of step 5 is still open
    desk.types(_AGAIN + newest + step[6])
    assert int(desk.types(projects)) == there
    publish_newer(tmp_path)
    desk.types(_AGAIN + _EARLIER)
    desk.types(step[7])
    assert int(desk.types(projects)) == there
    assert "# newer" in (desk.home / "qingshan" / "assets.lock").read_text(encoding="utf-8")
