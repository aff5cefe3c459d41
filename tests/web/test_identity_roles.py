"""Role x route of signing in, accounts and people: every route has a row, and forbidden looks like missing."""

from collections.abc import Iterator

from core.database import Database
from tests.web.visiting import person_in, signed_in_visitor, visitor
from web import (
    account_factor_pages,
    account_pages,
    account_token_pages,
    oidc_pages,
    people_pages,
    person_pages,
    role_pages,
    sign_in_pages,
    sign_in_step_pages,
    welcome_pages,
)
from web.app import create_app

MODULES = (
    *(account_factor_pages, account_pages, account_token_pages, oidc_pages, people_pages, person_pages, role_pages),
    *(sign_in_pages, sign_in_step_pages, welcome_pages),
)
ROLES = ("owner", "head", "office", "leader", "finance", "auditor", "admin")
EVERYBODY = {*ROLES, None}  # None: a browser that is not signed in
SIGNED_IN = {*ROLES}
ADMIN = {"admin"}
FACTOR, STEP, TOKENS = "/account/second-factor", "/sign-in", "/account/tokens"
OF_PERSON = ("links", "unlock", "close", "reopen", "factor/reset", "sign-ins/{handle}/end", "sign-ins/end-all", "roles")
WHO = {
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/welcome/{token}"): EVERYBODY,
    ("POST", "/welcome/{token}"): EVERYBODY,
    **{("GET", f"{STEP}/{step}"): EVERYBODY for step in ("code", "password", "factor", "factor/begin")},
    **{("POST", f"{STEP}/{step}"): EVERYBODY for step in ("code", "password", "factor", "factor/begin")},
    ("GET", "/account"): SIGNED_IN,
    **{
        (method, path): SIGNED_IN
        for method in ("GET", "POST")
        for path in (
            *("/account/password", "/account/sign-ins/{handle}/end", "/account/sign-ins/end-others"),
            *(FACTOR, f"{FACTOR}/begin", f"{FACTOR}/codes", f"{FACTOR}/drop"),
        )
    },
    **{(method, path): SIGNED_IN for method in ("GET", "POST") for path in (TOKENS, f"{TOKENS}/{{token_id}}/revoke")},
    ("GET", f"{TOKENS}/new"): SIGNED_IN,
    ("GET", "/people"): ADMIN,
    ("POST", "/people"): ADMIN,
    ("GET", "/people/new"): ADMIN,
    ("GET", "/people/roles"): ADMIN,
    ("GET", "/people/{person_id}"): ADMIN,
    ("GET", "/people/{person_id}/roles/{rest:path}"): ADMIN,
    ("GET", "/people/{person_id}/sign-ins/{rest:path}"): ADMIN,
    ("GET", "/people/{person_id}/identities/{rest:path}"): ADMIN,
    ("GET", "/people/{person_id}/tokens/{rest:path}"): ADMIN,
    ("POST", "/people/{person_id}/tokens/{token_id}/revoke"): ADMIN,
    ("POST", "/people/{person_id}/identities/{identity_id}/unlink"): ADMIN,
    ("GET", "/sign-in/oidc"): set(),  # the settings name no provider
    ("GET", "/sign-in/oidc/callback"): set(),
    ("POST", "/people/{person_id}/roles/{grant_id}/withdraw"): ADMIN,
    **{("POST", f"/people/{{person_id}}/{act}"): ADMIN for act in OF_PERSON},
    **{("GET", f"/people/{{person_id}}/{act}"): ADMIN for act in OF_PERSON if "sign-ins" not in act},
}


def routes() -> Iterator[tuple[str, str]]:
    for module in MODULES:
        for route in module.router.routes:
            for method in route.methods:  # type: ignore[attr-defined]
                yield method, route.path  # type: ignore[attr-defined]


def test_every_route_has_a_row() -> None:
    assert set(routes()) == set(WHO)


def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, "somebody", "auditor")
    with_roles = {}
    for role in ROLES:
        found = person_in(sqlite_database, f"the-{role}", None)
        give(sqlite_database, found.id, role)
        with_roles[role] = found
    for role in (*ROLES, None):
        for (method, path), allowed in WHO.items():
            # A browser of its own for each: some of these routes sign it out.
            client = visitor(app) if role is None else signed_in_visitor(app, with_roles[role])
            filled = (
                path.replace("{person_id}", str(person.id))
                .replace("{grant_id}", "1")
                .replace("{identity_id}", "1")
                .replace("{token}", "x")
                .replace("{token_id}", "1")
            )
            filled = filled.replace("{rest:path}", "x/end").replace("{handle}", "x")
            data = {"data": {"reason": ""}} if method == "POST" else {}
            answer = client.request(method, filled, **data)
            if role is None and allowed and None not in allowed:
                assert answer.status_code == (401 if method == "POST" else 303), (method, path)
            elif role in allowed:
                beyond = any(
                    part in path for part in ("{handle}", "{token}", "{token_id}", "{grant_id}", "{identity_id}")
                )  # there is none
                assert beyond or answer.status_code != 404, (role, method, path)
            else:
                assert answer.status_code == 404, (role, method, path)


def give(database: Database, person_id: int | None, role: str) -> None:
    """The role itself, without the department that an owner's grant needs: no route here looks at it."""
    from core.calendar import now
    from portfolio.grants import Grant

    assert person_id is not None
    with database.writing() as session:
        session.add(Grant(person_id=person_id, role=role, granted_at=now()))
