"""The GraphQL doors on a real server, and credentials to come in with."""

from __future__ import annotations

import asyncio
import atexit
import json
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from api import health
from api.auth import cookie_name
from api.graphql.http import routes
from api.graphql.wire import Served
from domain.actors import Actor
from domain.clock import now
from domain.people import rules
from domain.people.models import Session

AUDITS = Path(__file__).parent / "audits"


def app() -> Starlette:
    """Nothing but the doors of GraphQL, and how we are."""
    return Starlette(routes=[*routes, *health.routes])


@asynccontextmanager
async def serving(ws: Any = Served, http: Any = "httptools") -> AsyncIterator[str]:
    """A real server on a free port, by default with our websocket class; its address, host:port."""
    config = uvicorn.Config(
        app(), port=0, log_level="error", ws=ws, http=http, lifespan="off",
        ws_per_message_deflate=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    await task


async def logged_in(actor: Actor) -> str:
    """The cookie header of a staff member's fresh session."""
    raw = secrets.token_urlsafe(32)
    await Session.create(
        person_id=actor.person_id,
        grant_id=actor.id,
        token_hash=rules.digest(raw),
        created_at=now(),
        expires_at=now() + timedelta(hours=1),
    )
    return f"{cookie_name()}={raw}"


@lru_cache(maxsize=1)
def node_folder() -> Path:
    """A folder with the audits and what they need; skips where there is no node or registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not here: the public GraphQL audits were not run")
    folder = Path(mkdtemp(prefix="zaide-audits-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("package.json", "package-lock.json", "audit.mjs", "ws.mjs"):
        shutil.copy(AUDITS / name, folder)
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--silent"],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    if installed.returncode:
        pytest.skip("npm could not install the public GraphQL audits: they were not run")
    return folder


async def node(script: str, *arguments: str) -> list[object]:
    """What a script said, line by line. Fails when it failed."""
    folder = await asyncio.to_thread(node_folder)
    process = await asyncio.create_subprocess_exec(
        "node", script, *arguments, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    return [json.loads(line) for line in out.decode().splitlines()]
