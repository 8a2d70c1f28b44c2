"""Naming a document by its hash instead of sending it: shorter requests, and no other way where a
server only runs documents that it trusts.

The server knows the documents of this package. Another one, or one of another version, it may not
know: then nothing has run, and the document is sent once, together with its hash. The id is as in
"Persisted Documents" of GraphQL-over-HTTP.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from pydantic_core import to_jsonable_python

from zaide_client import aio, sync

if TYPE_CHECKING:
    from websockets import ClientConnection

    from zaide_client.aio.async_base_client import GraphQLTransportWSMessageType as Type
    from zaide_client.aio.async_base_client import Response as Asynchronous
    from zaide_client.sync.base_client import Response as Synchronous

UNKNOWN = "document_unknown"


class Client(aio.Client):
    """A client for asyncio that sends hashes."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # What is to be sent on a socket if the server does not know the hash sent on it.
        self._in_full: WeakKeyDictionary[ClientConnection, str] = WeakKeyDictionary()

    async def _execute_json(
        self, query: str, operation_name: str | None, variables: dict[str, Any], **kwargs: Any
    ) -> Asynchronous:
        full = asked(query, operation_name, variables)
        response = await self.http_client.post(url=self.url, json=short(full), **kwargs)
        if _is_unknown(response):
            response = await self.http_client.post(url=self.url, json=full, **kwargs)
        return response

    async def _send_subscribe(
        self,
        websocket: ClientConnection,
        operation_id: str,
        query: str,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
    ) -> None:
        given = self._convert_dict_to_json_serializable(variables or {})
        full = asked(query, operation_name, given)
        message = {"id": operation_id, "type": "subscribe", "payload": full}
        self._in_full[websocket] = json.dumps(message)
        await websocket.send(json.dumps({**message, "payload": short(full)}))

    async def _handle_ws_message(
        self,
        message: str | bytes,
        websocket: ClientConnection,
        expected_type: Type | None = None,
    ) -> dict[str, Any] | None:
        full = self._in_full.get(websocket)
        if full is not None and (kind := _kind(message)) not in ("ping", "pong"):
            del self._in_full[websocket]
            if kind == UNKNOWN:
                await websocket.send(full)
                return None
        return await super()._handle_ws_message(message, websocket, expected_type)


class SyncClient(sync.Client):
    """A client without asyncio that sends hashes."""

    def _execute_json(
        self, query: str, operation_name: str | None, variables: dict[str, Any], **kwargs: Any
    ) -> Synchronous:
        full = asked(query, operation_name, variables)
        response = self.http_client.post(url=self.url, json=short(full), **kwargs)
        if _is_unknown(response):
            response = self.http_client.post(url=self.url, json=full, **kwargs)
        return response


@lru_cache(maxsize=256)
def identifier(query: str) -> str:
    """The id of a document's text."""
    return f"sha256:{sha256(query.encode()).hexdigest()}"


def asked(query: str, operation_name: str | None, variables: dict[str, Any]) -> dict[str, Any]:
    """A request that registers its document."""
    parameters = {
        "query": query,
        "documentId": identifier(query),
        "operationName": operation_name,
        "variables": variables,
    }
    return cast("dict[str, Any]", to_jsonable_python(parameters))


def short(full: dict[str, Any]) -> dict[str, Any]:
    """The same request with nothing but the hash of its document."""
    return {name: value for name, value in full.items() if name != "query"}


def _is_unknown(response: Any) -> bool:
    """Whether an answer says that the document is not known. It is read twice only if it may."""
    return UNKNOWN.encode() in response.content and _first_code(response.json()) == UNKNOWN


def _kind(message: str | bytes) -> str:
    """The type of a message of the socket; `document_unknown` for the error that says so."""
    try:
        told = json.loads(message)
    except ValueError:
        return ""
    kind = str(told.get("type", "")) if isinstance(told, dict) else ""
    is_unknown = kind == "error" and _first_code({"errors": told.get("payload")}) == UNKNOWN
    return UNKNOWN if is_unknown else kind


def _first_code(answer: Any) -> str:
    try:
        return str(answer["errors"][0]["extensions"]["code"])
    except (KeyError, IndexError, TypeError):
        return ""
