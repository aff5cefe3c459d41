"""The app on a loopback port, run by uvicorn in a thread, for tests that drive a real browser or a real client."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

_PATIENCE = 20.0


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serves the app until the block ends; its address comes back, without a slash at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(_serve(server, listener)), daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE
    try:
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start; its message stands above")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serves, and leaves no connection behind: a browser may open one, or hold one, while the server is stopping."""
    opened: list[asyncio.BaseTransport] = []
    server.config.load()
    made: Any = server.config.http_protocol_class

    class Noted(made):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            opened.append(transport)
            super().connection_made(transport)

    server.config.http_protocol_class = Noted
    await server.serve(sockets=[listener])
    await asyncio.sleep(0.05)  # what was accepted in the last moment is opened now
    for transport in opened:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
    await asyncio.sleep(0)
