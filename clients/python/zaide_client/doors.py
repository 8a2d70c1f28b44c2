"""Opening a client with an API token, and reading what was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import httpx

from zaide_client import aio, documents, sync

if TYPE_CHECKING:
    from zaide_client.aio.async_base_client import HttpClient as Asynchronous
    from zaide_client.sync.base_client import HttpClient as Synchronous

TIMEOUT = 30.0  # seconds


def connect(url: str, token: str, *, timeout: float = TIMEOUT, by_hash: bool = True) -> aio.Client:
    """A client for asyncio, to be used with `async with`.

    `url` is the installation's address (https://help.example.com), `token` an API token `zd_…`,
    `timeout` the seconds that one call may take; subscriptions have no such limit. With
    `by_hash` the hash of a document is sent, and its text only where the server does not know it.
    """
    http = httpx.AsyncClient(headers=_headers(token), timeout=timeout)
    client = documents.Client if by_hash else aio.Client
    return client(
        url=_door(url),
        http_client=cast("Asynchronous", http),
        ws_url="ws" + _door(url).removeprefix("http"),
        ws_connection_init_payload={"token": token},
    )


def connect_sync(
    url: str, token: str, *, timeout: float = TIMEOUT, by_hash: bool = True
) -> sync.Client:
    """A client without subscriptions, to be used with `with`; its arguments are `connect`'s."""
    http = httpx.Client(headers=_headers(token), timeout=timeout)
    client = documents.SyncClient if by_hash else sync.Client
    return client(url=_door(url), http_client=cast("Synchronous", http))


def codes(error: Exception) -> list[str]:
    """The stable codes in an error of a call: ["not_allowed"], ["too_many"], …; [] without any.

    Works for all errors of `aio` and `sync`, whether the refusal came with status 200 or not. A
    verb's expected refusals are no errors: they are the answer, a `Refusal` with its own `code`.
    """
    kept = getattr(error, "errors", None)
    if isinstance(kept, list):
        return [_code({"extensions": each.extensions}) for each in kept]
    response = getattr(error, "response", None)
    try:
        body = response.json() if response is not None else None
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    found = body.get("errors") or ([body["error"]] if "error" in body else [])
    return [_code(each) for each in found if isinstance(each, dict)]


def _code(error: dict[str, Any]) -> str:
    extensions = error.get("extensions") or error
    return str(extensions.get("code", ""))


def _door(url: str) -> str:
    return url.rstrip("/") + "/graphql"


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
