"""A client of /graphql over graphql-transport-ws, as far as a subscription needs one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

Broken = (OSError, WebSocketException, TimeoutError)
"""What ends a socket: subscribe again, from the last cursor."""


class Refused(Exception):
    """The subscription was answered with errors."""


async def subscribed(
    url: str,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    cookie: str = "",
    token: str = "",
) -> AsyncIterator[dict[str, Any]]:
    """The data of each frame, until the server ends it. Raises one of `Broken`, and Refused.

    `cookie` is a log-in's, as it is sent in the header; `token` a customer's or a program's.
    """
    headers = {"Cookie": cookie} if cookie else {}
    payload = {"query": document, "variables": variables or {}}
    async with connect(
        url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        origin=Origin(url),
        additional_headers=headers,
        compression=None,
        proxy=None,
    ) as socket:
        await socket.send(_words(type="connection_init", payload={"token": token} if token else {}))
        async for raw in socket:
            message = orjson.loads(raw)
            match message["type"]:
                case "connection_ack":
                    await socket.send(_words(type="subscribe", id="1", payload=payload))
                case "ping":
                    await socket.send(_words(type="pong"))
                case "next" if not message["payload"].get("errors"):
                    yield message["payload"]["data"]
                case "error":
                    raise Refused(str(message["payload"])[:300])
                case "complete":
                    return


def _words(**message: Any) -> str:
    return orjson.dumps(message).decode()
