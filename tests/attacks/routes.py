"""Every way into the application: method and path of each route."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of all routes, with the prefixes of the routers that include them; what is mounted takes ANY method."""
    found = [
        (method, context.path or "")
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or ("ANY",))
    ]
    assert len(found) == len(set(found)), "a route stands twice: the second is never reached"
    return found
