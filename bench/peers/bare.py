"""The limits: bare Starlette with one hand-written SQL statement and orjson, or with bytes kept.

`python -m bench.peers.bare one` answers the queue query by one statement, whatever is asked;
`python -m bench.peers.bare kept` gives the bytes of its first answer to everybody. Both check the
credential as everybody does, and `one` has the visibility of each role in its statement.
"""

from __future__ import annotations

import hashlib
import sys
from base64 import urlsafe_b64encode
from binascii import b2a_base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.serving import serve

SESSION = """
SELECT g.shop_id, g.role, g.merchant_id FROM sessions s JOIN people p ON p.id = s.person_id
JOIN grants g ON g.id = s.grant_id
WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > now()
  AND p.disabled_at IS NULL AND g.revoked_at IS NULL
"""
TOKEN = """
SELECT t.shop_id, t.role, t.merchant_id FROM tokens t
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
  AND t.scopes @> '["conversations:read", "customers:read", "orders:read", "tickets:read"]'
"""
QUEUE = """
SELECT t.id, t.number, t.state, t.priority, t.category, t.intent, t.opened_at, t.due_at,
       t.deadline, c.id, c.name, {owner} o.id, o.number, o.product, o.verdict, o.amount::text,
       v.id, m.id, m.seq, m.author, m.text, m.created_at
FROM (SELECT * FROM tickets t WHERE t.shop_id = $1 AND {tickets}
      AND t.state IN ('open', 'pending')
      ORDER BY t.priority DESC, t.opened_at, t.id LIMIT 51) t
LEFT JOIN customers c ON c.id = t.customer_id AND c.shop_id = $1 AND {customers}
{owners}
LEFT JOIN orders o ON o.id = t.order_id AND o.shop_id = $1 AND {orders}
LEFT JOIN conversations v ON v.id = t.conversation_id AND v.shop_id = $1 AND {conversations}
LEFT JOIN LATERAL (
    SELECT m.* FROM messages m WHERE m.conversation_id = v.id AND m.shop_id = $1 AND {messages}
    ORDER BY m.seq DESC LIMIT 1
) m ON TRUE
ORDER BY t.priority DESC, t.opened_at, t.id
"""
OWNERS = """
LEFT JOIN grants g ON g.id = t.owner_id AND g.shop_id = $1 LEFT JOIN people p ON p.id = g.person_id
"""
ALL = dict.fromkeys(("tickets", "customers", "orders", "conversations"), "TRUE")
UNKNOWN = {"owner": "NULL, NULL,", "owners": ""}
STAFF = QUEUE.format(**ALL, messages="TRUE", owner="g.id, p.name,", owners=OWNERS)
PARTNER = QUEUE.format(**ALL, messages="m.author <> 'note'", **UNKNOWN)
MERCHANT = QUEUE.format(
    tickets="t.merchant_id = $2",
    customers="EXISTS (SELECT 1 FROM orders x WHERE x.shop_id = $1 AND x.customer_id = c.id"
    " AND x.merchant_id = $2)",
    orders="o.merchant_id = $2",
    conversations="EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = v.id"
    " AND x.merchant_id = $2)",
    messages="m.merchant_id = $2 AND m.author <> 'note'",
    **UNKNOWN,
)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """One pool; nothing is reset between two requests, since nothing is left behind by any."""

    async def nothing(_: Any) -> None: ...

    async with asyncpg.create_pool(min_size=1, max_size=10, reset=nothing) as pool:
        app.state.pool = pool
        yield


async def answer_by_one(request: Request) -> Response:
    """One statement for the credential, one for everything else."""
    async with request.app.state.pool.acquire() as connection:
        who = await actor(connection, request)
        return Response(await queue(connection, who) if who else b"", 200 if who else 401)


async def answer_kept(request: Request) -> Response:
    """The bytes of the first answer, for whoever has a good credential."""
    async with request.app.state.pool.acquire() as connection:
        who = await actor(connection, request)
        if not who:
            return Response(status_code=401)
        if not hasattr(request.app.state, "kept"):
            request.app.state.kept = await queue(connection, who)
    return Response(request.app.state.kept, media_type="application/json")


async def actor(connection: Any, request: Request) -> Any:
    """The row of who asks: shop_id, role, merchant_id; None for nobody."""
    bearer = request.headers.get("authorization", "")[7:]
    secret = bearer or request.cookies.get("__Host-zaide_session", "")
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return await connection.fetchrow(TOKEN if bearer else SESSION, digest)


async def queue(connection: Any, who: Any) -> bytes:
    """The queue query's answer."""
    if who["merchant_id"]:
        rows = await connection.fetch(MERCHANT, who["shop_id"], who["merchant_id"])
    else:
        partner = who["role"] == "partner"
        rows = await connection.fetch(PARTNER if partner else STAFF, who["shop_id"])
    nodes = [node(row) for row in rows[:50]]
    info = {"hasNextPage": len(rows) > 50, "endCursor": cursor(rows[:50][-1]) if rows else None}
    return orjson.dumps({"data": {"tickets": {"nodes": nodes, "pageInfo": info}}})


PRIORITIES = ("LOW", "NORMAL", "HIGH", "URGENT")
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def key(prefix: bytes, id: Any) -> str:
    """The opaque id of a key: base64url of the type's name, a colon and 16 bytes."""
    raw = b2a_base64(prefix + id.bytes, newline=False)
    return raw.translate(URL_SAFE).rstrip(b"=").decode()


def node(row: Any) -> dict[str, Any]:
    """One ticket."""
    (id, number, state, priority, category, intent, opened, due, deadline, *others) = row
    (customer, name, owner, owner_name, order, order_number, product, verdict, amount) = others[:9]
    (conversation, message, seq, author, text, created) = others[9:]
    return {
        "id": key(b"Ticket:", id),
        "number": number,
        "state": state.upper(),
        "priority": PRIORITIES[priority],
        "category": category,
        "intent": intent,
        "openedAt": opened,
        "dueAt": due,
        "deadline": deadline.upper(),
        "customer": {"id": key(b"Customer:", customer), "name": name} if customer else None,
        "owner": {"id": key(b"Agent:", owner), "name": owner_name} if owner else None,
        "order": {
            "id": key(b"Order:", order),
            "number": order_number,
            "product": product,
            "verdict": verdict.upper(),
            "amount": amount,
        }
        if order
        else None,
        "conversation": {
            "id": key(b"Conversation:", conversation),
            "lastMessage": {
                "id": key(b"Message:", message),
                "seq": seq,
                "author": author.upper(),
                "text": text,
                "createdAt": created,
            }
            if message
            else None,
        }
        if conversation
        else None,
    }


def cursor(row: Any) -> str:
    """Where the next page begins."""
    raw = orjson.dumps(["urgent", row[3], row[6], str(row[0])])
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def app(kind: str) -> Starlette:
    """The application of one of the two limits."""
    endpoint = {"one": answer_by_one, "kept": answer_kept}[kind]
    return Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    serve(app(sys.argv[1]))
