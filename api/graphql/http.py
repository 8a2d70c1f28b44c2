"""GraphQL's door: over HTTP as the GraphQL-over-HTTP specification has it, and its socket.

    POST /graphql   application/json: {"query", "documentId", "operationName", "variables",
                    "extensions"}; for documentId see schema/documents.py
    GET  /graphql   the same as parameters; queries only
    WS   /graphql   graphql-transport-ws (api/graphql/socket.py)
    POST or GET with Accept: text/event-stream   GraphQL over SSE (api/graphql/sse.py)

What the request itself gets wrong is 4xx in either media type. A document that is refused (syntax,
validation, limits, variables) is 400 as application/graphql-response+json and 200 as
application/json, where the body's `errors` tell. https://graphql.github.io/graphql-over-http/draft
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.auth import actor_of_request
from api.graphql.socket import socket
from api.graphql.sse import STREAM, names_stream, streamed
from api.health import OPERATIONS
from api.tracing import header_of, locale_of, trace_of
from domain.errors import DomainError
from domain.settings import settings
from schema import documents, execution
from schema.context import Context
from schema.errors import refusal
from schema.parsing import Refused
from schema.ready import Ready, ready, requests
from schema.request import Asked, Malformed, asked

JSON = "application/json"
RESPONSE = "application/graphql-response+json"


class Turned(Exception):
    """The request is no GraphQL request that we answer; `status` and the error say why."""

    def __init__(self, status: int, error: GraphQLError, **headers: str) -> None:
        super().__init__()
        self.status, self.error, self.headers = status, error, headers


class Door:
    """The endpoint, as plain ASGI: it is asked the most of all doors."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection = HTTPConnection(scope)
        accept = header_of(scope, "accept")
        if _wants_page(connection, accept):
            said: Said | Response = HTMLResponse(
                _PAGE, headers={"Content-Security-Policy": _PAGE_POLICY}
            )
        else:
            said = await _said(connection, receive, accept)
        if isinstance(said, Response):
            await said(scope, receive, send)
        else:
            start = {"type": "http.response.start", "status": said.status, "headers": said.headers}
            await send(start)
            await send({"type": "http.response.body", "body": said.body})


class Said(NamedTuple):
    """An answer: its status, headers as ASGI has them, and bytes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def _said(
    connection: HTTPConnection, receive: Receive, accept: str | None
) -> Said | Response:
    context = Context(request_id=trace_of(connection.scope).id)
    media = accepted(accept) or (STREAM if names_stream(accept) else None)
    if media is None:
        error = refusal("not_acceptable", f"Accept {RESPONSE}, {JSON} or {STREAM}.")
        return _say(406, JSON, execution.encode_errors([error], context))
    try:
        return await _answer(connection, receive, media, context)
    except Turned as turned:
        body = execution.encode_errors([turned.error], context)
        return _say(turned.status, media, body, turned.headers)
    except Refused as refused:
        status = 400 if media == RESPONSE or isinstance(refused, Malformed) else 200
        return _say(status, media, execution.encode_errors(refused.errors, context))
    except DomainError as error:
        wrapped = GraphQLError(error.code, original_error=error)
        headers = {"WWW-Authenticate": 'Bearer realm="zaide"'} if error.status == 401 else {}
        if (seconds := error.params.get("retry_after")) is not None:
            headers["Retry-After"] = str(seconds)
        return _say(error.status, media, execution.encode_errors([wrapped], context), headers)


async def _answer(
    connection: HTTPConnection, receive: Receive, media: str, context: Context
) -> Said | Response:
    scope = connection.scope
    safe = scope["method"] in ("GET", "HEAD")
    raw = b"" if safe else await _read(connection, receive)
    made = requests.find(raw) if raw and media != STREAM else None
    given = None if made else _of_url(connection) if safe else _of_body(raw)
    context.actor = await actor_of_request(connection)
    context.language = locale_of(scope)
    if given is not None:
        if media == STREAM:
            return await streamed(Request(scope, receive), given, context)
        made = await _ready(given, raw, context)
    assert made is not None
    if made.kind is OperationType.SUBSCRIPTION:
        if names_stream(header_of(scope, "accept")):
            again = given or _of_body(raw)
            return await streamed(Request(scope, receive), again, context)
        raise Turned(400, refusal("socket_only", "Subscriptions need a socket or a stream."))
    if safe and made.kind is not OperationType.QUERY:
        raise Turned(405, refusal("post_only", "Verbs are sent with POST."), Allow="POST")
    answered = await execution.answered(made, context)
    status = 400 if media == RESPONSE and answered.is_request_error else 200
    _ran(context.path).inc()
    shown = {"X-Zaide-Path": context.path} if settings().development else None
    return _say(status, media, answered.body, shown)


async def _ready(given: Asked, raw: bytes, context: Context) -> Ready:
    made = ready(await documents.known(given, context))
    # One that registers its document does so each time.
    if raw and not (given.document_id and given.query):
        requests.keep(raw, made)
    return made


# Asked for by its label it takes a lock each time.
_ran = lru_cache(maxsize=16)(OPERATIONS.labels)


def _say(status: int, media: str, body: bytes, headers: Mapping[str, str] | None = None) -> Said:
    media = JSON if media == STREAM else media
    every = [(b"content-length", b"%d" % len(body)), *_always(media)]
    every += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Said(status, every, body)


@lru_cache(maxsize=4)
def _always(media: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept, Accept-Language"),
    )


# What is asked


async def _read(connection: HTTPConnection, receive: Receive) -> bytes:
    """The body of JSON, as long as it is within the limit. Raises Turned and ClientDisconnect."""
    if not _is_json(header_of(connection.scope, "content-type") or ""):
        error = refusal("unsupported_media_type", f"Send {JSON}, in UTF-8.")
        raise Turned(415, error, Accept=JSON)
    most, chunks, size, more = settings().max_body, [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > most:
            said = f"The body has more than {most} bytes."
            raise Turned(413, refusal("too_large", said, limit=most))
        chunks.append(chunk)
    return b"".join(chunks)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    kind, _, rest = content_type.partition(";")
    charset = rest.replace(" ", "").replace('"', "").lower().partition("charset=")[2]
    return kind.strip().lower() == JSON and charset.partition(";")[0] in ("", "utf-8", "utf8")


def _of_body(raw: bytes) -> Asked:
    try:
        body = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        raise Turned(400, refusal("malformed_json", "The body is no JSON.")) from None
    if isinstance(body, list):
        raise Turned(400, refusal("batching", "One request at a time, not a list of them."))
    if not isinstance(body, dict):
        raise Turned(400, refusal("malformed_request", "The body is no JSON object."))
    return asked(body)


def _of_url(connection: HTTPConnection) -> Asked:
    body: dict[str, Any] = dict(connection.query_params)
    for name in ("variables", "extensions"):
        if name in body:
            try:
                body[name] = orjson.loads(body[name]) if body[name] else None
            except (orjson.JSONDecodeError, RecursionError):
                message = f"{name} is no JSON."
                raise Turned(400, refusal("malformed_json", message, field=name)) from None
    if body.get("operationName") == "":
        del body["operationName"]
    return asked(body)


# What is accepted


@lru_cache(maxsize=64)
def accepted(header: str | None) -> str | None:
    """The media type to answer in; None if neither of ours will do.

    Of equal weights the one named first wins; a wildcard means application/json.
    """
    best: tuple[float, int] | None = None
    chosen: str | None = None if header and header.strip() else JSON
    for n, part in enumerate((header or "").split(",")[:30]):
        name, _, rest = part.partition(";")
        media = _MEDIA.get(name.strip().lower())
        weight = _weight(rest)
        if media and weight > 0 and (best is None or (weight, -n) > best):
            best, chosen = (weight, -n), media
    return chosen


_MEDIA = {RESPONSE: RESPONSE, JSON: JSON, "*/*": JSON, "application/*": JSON}


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0
    return 1


# A page to try it, for developers only: nothing on it comes from elsewhere


def _wants_page(connection: HTTPConnection, accept: str | None) -> bool:
    return (
        settings().development
        and connection.scope["method"] == "GET"
        and "text/html" in (accept or "")
        and not {"query", "documentId"} & set(connection.query_params)
    )


_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>GraphQL</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:14px system-ui;margin:2rem;max-width:60rem}
textarea{width:100%;box-sizing:border-box;font:13px monospace}label{display:block;margin:.5rem 0}
pre{background:#f4f4f4;padding:1rem;overflow:auto}</style></head><body><main>
<h1>GraphQL</h1><form id="ask"><label>Query<textarea id="query" rows="12">{ viewer { name role } }
</textarea></label><label>Variables<textarea id="variables" rows="3">{}</textarea></label>
<label>Token <input id="token" type="password" autocomplete="off"></label>
<button>Send</button></form><pre id="answer" aria-live="polite"></pre></main>
<script>
const of = (id) => document.getElementById(id);
of("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { "content-type": "application/json" };
  if (of("token").value) headers.authorization = "Bearer " + of("token").value;
  try {
    const variables = JSON.parse(of("variables").value || "{}");
    const body = JSON.stringify({ query: of("query").value, variables });
    const answer = await fetch("/graphql", { method: "POST", headers, body });
    of("answer").textContent = JSON.stringify(await answer.json(), null, 2);
  } catch (error) { of("answer").textContent = String(error); }
});
</script></body></html>"""

routes = [
    Route("/graphql", Door(), methods=["GET", "POST"], name="graphql"),
    WebSocketRoute("/graphql", socket, name="graphql-socket"),
]
