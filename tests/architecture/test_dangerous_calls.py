"""What could run somebody's text, or hide in chance: it is not called, or in one known place only."""

import ast
from functools import cache
from pathlib import Path

from core.settings import ROOT
from tests.architecture.source import code_folders, imported, named, python_files, syntax

# What takes instructions out of data.
NEVER = {"pickle", "marshal", "shelve", "dill", "ctypes", "cffi", "telnetlib", "ftplib", "smtplib", "ldap", "memcache"}
EVALUATES = {"eval", "exec", "compile", "__import__"}
PROVIDER = ROOT / "web" / "oidc_provider.py"
WEAK = {"md5", "sha1", "new"}


def code() -> list[Path]:
    return python_files(*code_folders())


def users_of(module: str) -> set[str]:
    return {named(path) for path in code() if module in modules(path)}


@cache
def called(path: Path) -> tuple[ast.Call, ...]:
    return tuple(node for node in ast.walk(syntax(path)) if isinstance(node, ast.Call))


@cache
def modules(path: Path) -> frozenset[str]:
    return frozenset(imported(path))


def is_of(node: ast.Call, module: str, names: set[str]) -> bool:
    """Whether the call is module.name(…)."""
    of = node.func
    return (
        isinstance(of, ast.Attribute) and of.attr in names and isinstance(of.value, ast.Name) and of.value.id == module
    )


def test_nothing_loads_or_runs_what_data_say() -> None:
    assert {module: users for module in NEVER if (users := users_of(module))} == {}
    plain = [
        f"{named(path)}:{node.lineno}"
        for path in code()
        for node in called(path)
        if isinstance(node.func, ast.Name) and node.func.id in EVALUATES
    ]
    assert plain == []


def test_other_programs_are_started_in_one_file_and_never_by_a_shell() -> None:
    assert users_of("subprocess") == {"core/database_copies.py"}
    by_a_shell = [
        f"{named(path)}:{node.lineno}"
        for path in code()
        for node in called(path)
        if any(word.arg == "shell" for word in node.keywords) or is_of(node, "os", {"system", "popen"})
    ]
    assert by_a_shell == []


def test_other_hosts_are_asked_in_one_file() -> None:
    assert users_of("httpx") == {"web/oidc_provider.py"}
    assert {module: users_of(module) for module in ("requests", "aiohttp", "websockets") if users_of(module)} == {}
    opened = [named(path) for path in code() if "urlopen" in path.read_text(encoding="utf-8")]
    assert opened == []


def test_redirects_of_others_are_not_followed() -> None:
    """httpx follows none unless it is told to."""
    told = [word for node in called(PROVIDER) for word in node.keywords if word.arg == "follow_redirects"]
    assert [ast.unparse(word.value) for word in told] == ["False"]


def test_certificates_are_always_checked() -> None:
    """httpx and ssl check them unless they are told not to."""
    told = [
        word.arg for node in called(PROVIDER) for word in node.keywords if word.arg in ("verify", "cert", "transport")
    ]
    assert told == []
    assert users_of("ssl") == set()


def test_hashes_are_of_the_sha_2_family() -> None:
    weak = [f"{named(path)}:{node.lineno}" for path in code() for node in called(path) if is_of(node, "hashlib", WEAK)]
    assert weak == []


def test_cryptography_is_used_where_the_page_says() -> None:
    """docs/security.md, Cryptography in use: a new place is added there."""
    users = {module: users_of(module) for module in ("cryptography", "hmac", "joserfc", "authlib", "pwdlib", "pyotp")}
    assert users == {
        "cryptography": {"core/secrets_file.py"},
        "hmac": {"core/signing.py"},
        "joserfc": {"web/oidc_provider.py"},
        "authlib": {"web/oidc_provider.py"},
        "pwdlib": {"core/passwords.py"},
        "pyotp": {"core/second_factors.py"},
    }
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert [name for names in users.values() for name in names if name not in page] == []


def test_predictable_chance_makes_demonstrations_only() -> None:
    assert {name.split("/")[0] for name in users_of("random")} == {"seed"}


def test_yaml_makes_no_objects_and_only_the_seed_is_yaml() -> None:
    assert {name.split("/")[0] for name in users_of("yaml")} <= {"seed"}
    loaders = [
        ast.unparse(word.value)
        for path in code()
        if "yaml" in modules(path)
        for node in called(path)
        for word in node.keywords
        if word.arg == "Loader"
    ]
    assert set(loaders) <= {"_StrictLoader", "yaml.SafeLoader"}
    assert loaders
