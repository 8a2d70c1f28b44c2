"""What tests with random and bad input share: the whole application, callers, and a shop's rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from api.app import create_app
from domain import db
from domain.actors import Role
from domain.people import actions as people
from domain.people.models import Customer
from domain.people.widget import widget_token
from tests.people import House
from tests.schema.doors import logged_in

TABLES = (
    "conversations", "messages", "readings", "tickets", "events", "orders", "cards", "customers",
    "identities", "merchants", "grants", "teams", "memberships", "tokens", "accesses", "articles",
    "templates", "timelines", "channels", "deliveries",
)  # fmt: skip
READS = ("conversations:read", "tickets:read", "orders:read", "metrics:read")


@asynccontextmanager
async def door() -> AsyncIterator[httpx.AsyncClient]:
    """A client at the whole application: middleware, doors and all."""
    transport = httpx.ASGITransport(app=create_app(), client=("203.0.113.77", 1234))
    address = "http://shop.test"
    async with httpx.AsyncClient(
        transport=transport, base_url=address, headers={"origin": address}, timeout=60
    ) as client:
        yield client


async def callers(house: House) -> dict[str, dict[str, str]]:
    """The headers that make each of a house's people known; `nobody` has none."""
    found: dict[str, dict[str, str]] = {"nobody": {}}
    for name in ("dana", "alice", "charlie", "mei", "nora"):
        found[name] = {"cookie": await logged_in(getattr(house, name))}
    for name in ("eve", "frank"):
        customer = await Customer.get(id=getattr(house, name).id)
        found[name] = {"authorization": f"Bearer {widget_token(customer)}"}
    _, raw = await people.issue_token(house.dana, "Pat", Role.PARTNER, None, READS)
    found["pat"] = {"authorization": f"Bearer {raw}"}
    return found


async def post(
    client: httpx.AsyncClient, body: Any, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send a body as JSON; bytes as they are."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post(
        "/graphql", content=raw, headers={"content-type": "application/json", **(headers or {})}
    )


def codes(response: httpx.Response) -> list[str]:
    """The codes of a response's errors, in whichever of our two forms. Fails for an error
    without a code and a message."""
    body = response.json()
    errors = body["errors"] if "errors" in body else [body["error"]] if "error" in body else []
    found = []
    for error in errors:
        assert error["message"]
        assert "\n  File" not in error["message"]
        code = error["extensions"]["code"] if "extensions" in error else error["code"]
        assert isinstance(code, str)
        assert code
        found.append(code)
    return found


async def rows_of(house: House) -> dict[str, tuple[int, str]]:
    """How many rows a shop has in each table, and a digest of them."""
    parts = [
        f"SELECT '{table}' AS name, count(*) AS n, "
        f"md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest "
        f"FROM {table} t WHERE t.shop_id = '{house.id}'"
        for table in TABLES
    ]
    found = await db.sql(" UNION ALL ".join(parts))
    return {row["name"]: (row["n"], row["digest"]) for row in found}
