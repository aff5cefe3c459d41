"""Who may write through the API.

A route of /api/v1 that reads names `SignedIn` (web/deps.py): a browser's sign-in or an access token, whichever was sent; with a
token the reader can do no more than read, in the token's plan if it has one.

A route that writes names what it writes, and goes on to ask the reader as every form does (`reader.must("record", plan_id,
department_ids)`), so that missing and forbidden look the same:

    @router.post("/ledger")
    def post_entry(reader: Annotated[Reader, Depends(api_writer("ledger"))], session: Writing, …) -> Response: …

A signed-in browser comes through as it is. A token comes through with its scope `write:ledger`, and then may view, see history
and record, never more than its person. Nothing but this reader may be asked: `SignedIn` of the same request only reads.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import Request

from portfolio.access import Reader
from portfolio.token_access import recording
from web.bearer import InsufficientScope, program_of
from web.deps import SignedIn

Written = Literal["ledger", "works", "milestones"]


def api_writer(what: Written) -> Callable[[Request, Reader], Awaitable[Reader]]:
    """The dependency of a route that writes this.

    Errors: SignInNeeded, InvalidToken, TooManyTries; InsufficientScope for a token without the scope.
    """
    scope = f"write:{what}"

    async def writer(request: Request, reader: SignedIn) -> Reader:
        program = program_of(request)
        if program is None:
            return reader
        if scope not in program.scopes:
            raise InsufficientScope(scope=scope)
        return recording(reader)

    return writer
