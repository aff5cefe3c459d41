"""What guides inputs (atheris) is built for common machines only (pyproject.toml); elsewhere its tests are not there."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("atheris") else ["test_guided.py"]
