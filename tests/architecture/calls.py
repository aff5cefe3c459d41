"""Which function may come to call which, read from the source: names that a function mentions, followed through imports."""

import ast
from functools import cache

from core.settings import ROOT

FOLDERS = ("core", "portfolio", "budgets", "milestones", "reports", "seed", "web")
Place = tuple[str, str]  # module and name


def reaches(start: Place, *wanted: Place) -> bool:
    """Whether what starts there mentions, through whatever it mentions, one of the wanted functions.

    Methods are followed with their class. What is called only through a value that was handed over is not seen.
    """
    seen, waiting = {start}, [start]
    while waiting:
        for found in _mentions().get(waiting.pop(), ()):
            if found in wanted:
                return True
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return False


@cache
def _mentions() -> dict[Place, frozenset[Place]]:
    """What every function, class and constant of every module mentions."""
    found: dict[Place, frozenset[Place]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found |= _of_module(module, ast.parse(path.read_text(encoding="utf-8")))
    return found


def _of_module(module: str, tree: ast.Module) -> dict[Place, frozenset[Place]]:
    names: dict[str, Place] = {}
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                names[one.asname or one.name] = (node.module, one.name)
                modules[one.asname or one.name] = f"{node.module}.{one.name}"
        elif isinstance(node, ast.Import):
            modules |= {one.asname or one.name: one.name for one in node.names}
    bodies: dict[str, list[ast.AST]] = {}
    for node in tree.body:
        for name in _defined(node):
            bodies.setdefault(name, []).append(node)
    names |= {name: (module, name) for name in bodies}
    return {
        (module, name): frozenset(
            place for node in nodes for inner in ast.walk(node) if (place := _place(inner, names, modules)) is not None
        )
        for name, nodes in bodies.items()
    }


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _place(node: ast.AST, names: dict[str, Place], modules: dict[str, str]) -> Place | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
        return modules[node.value.id], node.attr
    return None
