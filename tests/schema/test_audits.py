"""The public audits of GraphQL over HTTP (npm graphql-http), on a real server."""

from __future__ import annotations

from typing import Any, cast

from domain.embedded import Servers
from tests.schema.doors import node, serving


async def test_the_door_passes_every_public_audit(stack: Servers) -> None:
    async with serving() as address:
        (results,) = cast(Any, await node("audit.mjs", f"http://{address}/graphql"))
    assert len(results) >= 60
    failed = [f"{r['id']} {r['name']}: {r.get('reason')}" for r in results if r["status"] != "ok"]
    assert failed == []
