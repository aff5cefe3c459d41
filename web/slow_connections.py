"""HTTP as the server speaks it, ended when the other side sends or takes too slowly: nobody holds a connection for nothing."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.settings import settings

SLOWEST = 1_000  # bytes a second of a body that somebody is still waited for: an old radio link sends more
_EVERY = 0.5  # seconds between two looks at a connection
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class WatchedConnection(H11Protocol):
    """A connection on which a head, a body, and the taking of an answer have their time.

    A head has QINGSHAN_HEAD_SECONDS in all. A body has QINGSHAN_BODY_SECONDS, and more as it comes; an answer of which
    nothing was taken for so long is given up. Between two requests uvicorn itself waits, and not for long.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waits_for: str | None = None
        self._since = 0.0
        self._received = self._unsent = 0
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin("head")
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._received += len(data)
        self._note()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._waits_for = None  # a second request has its own time
        self._note()

    def _begin(self, waits_for: str | None) -> None:
        self._waits_for, self._since, self._received = waits_for, self.loop.time(), 0

    def _note(self) -> None:
        """Begins the time of what is waited for now, when it is something else than before."""
        waits_for = self._now_waits_for()
        if waits_for != self._waits_for:
            self._begin(waits_for)

    def _now_waits_for(self) -> str | None:
        if self.transport.get_write_buffer_size():
            return "taking"
        if self.conn.their_state is h11.SEND_BODY:
            # While the application does not ask for more, it is not the other side that is slow.
            waits = self.flow.read_paused or self.cycle.waiting_for_100_continue
            return None if waits else "body"
        idle = self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None
        return "head" if idle and not self.transport.is_closing() else None

    def _look(self) -> None:
        self._note()
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._since = self.loop.time()
        self._unsent = unsent
        if self._waits_for is not None and self.loop.time() - self._since > self._allowed():
            self._give_up()
        else:
            self._next_look = self.loop.call_later(_EVERY, self._look)

    def _allowed(self) -> float:
        if self._waits_for == "head":
            return settings().head_seconds
        return settings().body_seconds + (self._received / SLOWEST if self._waits_for == "body" else 0)

    def _give_up(self) -> None:
        answered = self._waits_for == "body" and self.cycle.response_started
        if self._waits_for == "taking" or answered or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(_TOO_SLOW)
        self.transport.close()
        self._next_look = self.loop.call_later(_EVERY, self.transport.abort)
