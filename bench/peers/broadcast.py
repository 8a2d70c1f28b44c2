"""The limit: one frame, encoded once, written to every socket. No GraphQL, no rooms, no rows.

The same stack as ours (uvicorn, uvloop, websockets' sans-io protocol), the same handshake, token
and check of who may hear; then a subscription is a transport in a list. What it costs to deliver
here is what the kernel and the event loop cost, and nothing of ours can be cheaper per write.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import struct
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from redis.asyncio import Redis
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

Scope = tuple[str, str]
SCOPES: dict[str, dict[str, Any]] = json.loads(Path(os.environ["BENCH_TOKENS"]).read_text())
listening: dict[Scope, set[asyncio.Transport]] = {}


class Open(WebSocketsSansIOProtocol):
    """uvicorn's protocol, whose transport the application may write to."""

    def handle_connect(self, event: Any) -> None:
        """Hand the transport over with the scope."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            self.scope["state"]["transport"] = self.transport


async def app(scope: Any, receive: Any, send: Any) -> None:
    """One socket: greeting, subscription, silence."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    transport, mine = scope["state"]["transport"], None
    while (event := await receive())["type"] == "websocket.receive":
        message = orjson.loads(event["text"])
        if message["type"] == "connection_init":
            raw = str((message.get("payload") or {}).get("token", ""))
            known = SCOPES.get(hashlib.sha256(raw.encode()).hexdigest())
            if known is None:
                await send({"type": "websocket.close", "code": 4403})
                return
            mine = known["shop"], known["role"]
            await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
        elif message["type"] == "subscribe" and mine is not None:
            listening.setdefault(mine, set()).add(transport)
    if mine is not None:
        listening.get(mine, set()).discard(transport)


async def broadcast() -> None:
    """Write each event that is published to everybody who may hear it."""
    async with Redis.from_url(os.environ["BENCH_REDIS_URL"]) as redis, redis.pubsub() as news:
        await news.subscribe(os.environ["BENCH_CHANNEL"])
        async for message in news.listen():
            if message["type"] != "message":
                continue
            told = orjson.loads(message["data"])
            frame = framed({"conversations": told["update"]})
            for (shop, role), transports in listening.items():
                if shop == told["event"]["shop"] and role in ("agent", "supervisor", "partner"):
                    for transport in transports:
                        if not transport.is_closing():
                            transport.write(frame)


def framed(data: dict[str, Any]) -> bytes:
    """A `next` message as one unmasked text frame of 126 to 65,535 bytes."""
    payload = orjson.dumps({"id": "1", "type": "next", "payload": {"data": data}})
    return b"\x81\x7e" + struct.pack("!H", len(payload)) + payload


async def main() -> None:
    """Serve on a free port, said on stdout, until told to stop."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    config = uvicorn.Config(
        app,
        ws=Open,
        http="httptools",
        ws_per_message_deflate=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="off",
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(broadcast())
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
