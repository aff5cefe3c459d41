"""What tests share that say who reaches which page. `who` names for each method and path of a route the roles that reach it."""

from collections.abc import Callable, Collection, Mapping
from types import ModuleType

from fastapi import FastAPI

from tests.web.visiting import visitor
from tests.web.work_visits import People

Who = Mapping[tuple[str, str], Collection[str]]


def routes(*modules: ModuleType) -> set[tuple[str, str]]:
    """The method and path of every route of these files of pages."""
    return {(method, route.path) for module in modules for route in module.router.routes for method in route.methods}


def each_role_reaches_only_its_own(
    people: People, roles: Collection[str], who: Who, address: Callable[[str], str], sent: Mapping[str, str]
) -> None:
    """What is sent is never enough to be written, so that every role meets the same records."""
    for role in roles:
        client = people.somebody(role)
        for (method, path), allowed in who.items():
            answer = client.request(method, address(path), **({"data": sent} if method == "POST" else {}))
            assert (answer.status_code != 404) == (role in allowed), (role, method, path, answer.status_code)
            assert answer.status_code < 500, (role, method, path)


def strangers_are_sent_to_sign_in(app: FastAPI, who: Who, address: Callable[[str], str]) -> None:
    client = visitor(app)
    for method, path in who:
        answer = client.request(method, address(path))
        assert answer.status_code == (401 if method == "POST" else 303), (method, path)
