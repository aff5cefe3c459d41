"""Tests that are true on every day: what they are given is fixed, or read from the clock while they run."""

import ast
from collections.abc import Iterator

from tests.architecture.source import named, python_files, syntax

CLOCKS = {"today", "now", "current_quarter", "utcnow"}


def test_no_test_reads_the_clock_while_it_is_collected() -> None:
    """Hours may lie between collecting a test and running it, and midnight within them."""
    early = [
        f"{named(path)}:{call.lineno}"
        for path in python_files("tests")
        for call in _done_at_import(syntax(path))
        if (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)) in CLOCKS
    ]
    assert early == []


def _done_at_import(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that importing a file makes, among them those in decorators and in defaults of parameters."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
            defaults = [*child.args.defaults, *(one for one in child.args.kw_defaults if one is not None)]
            for part in (*decorators, *defaults):
                yield from _done_at_import(ast.Expr(part))
        else:
            if isinstance(child, ast.Call):
                yield child
            yield from _done_at_import(child)
