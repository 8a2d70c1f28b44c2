"""One API process: `python -m api`."""

from __future__ import annotations

import gc
import socket
import sys

import uvicorn

from api.console.live import hub
from api.entrance import entrance
from api.graphql.crowd import crowd
from api.graphql.wire import Served
from api.hall import Hall, places
from api.memory import Ebb
from domain.embedded import StartFailed
from domain.logging import configure
from domain.settings import Settings, settings
from schema.documents import trusted

BACKLOG = 4096
COLLECT = (50_000, 20, 100)
"""When garbage is looked for. By Python's 700, 10, 10 each event would have thousands walked."""
GRACE_SECONDS = 8  # for requests under way when we are told to stop; `up` waits a little longer


class Server(uvicorn.Server):
    """uvicorn, but streams are ended when it is told to stop, instead of being waited for."""

    ebb = Ebb()

    async def on_tick(self, counter: int) -> bool:
        """Once a second, look whether many have left."""
        if counter % 10 == 0:
            self.ebb.look(len(self.server_state.connections), crowd.left)
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does; then leave what is there for good out of every collection.

        With thousands of sockets a full collection takes longer than telling them all an event.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as uvicorn does."""
        hub.end()
        crowd.dismiss()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until SIGTERM or SIGINT.

    Exits with one sentence if the address cannot be had, or the trusted documents are unusable.
    """
    configure()
    here = settings()
    try:
        trusted()
    except StartFailed as failure:
        sys.exit(f"zaide: {failure}")
    try:
        listener = bound(here)
    except OSError as error:
        sys.exit(f"zaide: cannot listen on {here.host}:{here.port}: {error.strerror or error}.")
    Server(config(here)).run(sockets=[listener])


def config(here: Settings) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        "api.app:create_app",
        factory=True,
        host=here.host,
        port=here.port,
        loop="auto" if sys.platform == "win32" else "uvloop",
        http=entrance(Hall(places(here.max_connections), lambda: crowd.places)),
        ws=Served,
        ws_max_size=here.max_body,
        ws_per_message_deflate=False,  # for fan-out it costs 2 to 3 times the memory and CPU
        backlog=BACKLOG,
        proxy_headers=False,  # whom to believe is for the application's middleware to decide
        server_header=False,
        access_log=False,
        log_config=None,  # ours, set up by main()
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def bound(here: Settings) -> socket.socket:
    """A bound socket; several API processes share the port, the kernel spreads callers.

    It listens only once the application has started, so that no caller waits for that.

    Raises OSError when the address is taken or is not ours.
    """
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if here.apis > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((here.host, here.port))
    except BaseException:
        listener.close()
        raise
    return listener


if __name__ == "__main__":
    main()
