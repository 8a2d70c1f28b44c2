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
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute

from api.auth import actor_of_request
from api.graphql.socket import socket
from api.graphql.sse import STREAM, names_stream, streamed
from api.health import OPERATIONS
from api.tracing import locale_of, trace_of
from domain.errors import DomainError
from domain.settings import settings
from schema import documents, execution, parsing
from schema.context import Context
from schema.errors import refusal
from schema.parsing import Refused
from schema.request import Asked, Malformed, asked

JSON = "application/json"
RESPONSE = "application/graphql-response+json"


class Turned(Exception):
    """The request is no GraphQL request that we answer; `status` and the error say why."""

    def __init__(self, status: int, error: GraphQLError, **headers: str) -> None:
        super().__init__()
        self.status, self.error, self.headers = status, error, headers


async def graphql(request: Request) -> Response:
    """Answer one request."""
    if _wants_page(request):
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _PAGE_POLICY})
    media = accepted(request.headers.get("accept"))
    if media is None and names_stream(request.headers.get("accept")):
        media = STREAM
    context = Context(request_id=trace_of(request.scope).id)
    if media is None:
        error = refusal("not_acceptable", f"Accept {RESPONSE}, {JSON} or {STREAM}.")
        return _say(406, JSON, execution.encode_errors([error], context))
    try:
        return await _answer(request, media, context)
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


async def _answer(request: Request, media: str, context: Context) -> Response:
    safe = request.method in ("GET", "HEAD")
    question = _of_url(request) if safe else await _of_body(request)
    context.actor = await actor_of_request(request)
    context.language = locale_of(request.scope)
    if media == STREAM:
        return await streamed(request, question, context)
    question = await documents.known(question, context)
    document = parsing.read(question.query)
    operation = document.operation(question.operation_name)
    if operation.operation is OperationType.SUBSCRIPTION:
        if names_stream(request.headers.get("accept")):
            return await streamed(request, question, context)
        raise Turned(400, refusal("socket_only", "Subscriptions need a socket or a stream."))
    if safe and operation.operation is not OperationType.QUERY:
        raise Turned(405, refusal("post_only", "Verbs are sent with POST."), Allow="POST")
    answered = await execution.answered(document, operation, question.variables, context)
    status = 400 if media == RESPONSE and answered.is_request_error else 200
    OPERATIONS.labels(context.path).inc()
    shown = {"X-Zaide-Path": context.path} if settings().development else None
    return _say(status, media, answered.body, shown)


def _say(
    status: int, media: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Response:
    media = JSON if media == STREAM else media
    always = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
    return Response(
        body, status, {**always, **(headers or {})}, media_type=f"{media}; charset=utf-8"
    )


# What is asked


async def _of_body(request: Request) -> Asked:
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.replace(" ", "").replace('"', "").lower().partition("charset=")[2]
    if kind.strip().lower() != JSON or charset.partition(";")[0] not in ("", "utf-8", "utf8"):
        error = refusal("unsupported_media_type", f"Send {JSON}, in UTF-8.")
        raise Turned(415, error, Accept=JSON)
    raw = await _read(request)
    try:
        body = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        raise Turned(400, refusal("malformed_json", "The body is no JSON.")) from None
    if isinstance(body, list):
        raise Turned(400, refusal("batching", "One request at a time, not a list of them."))
    if not isinstance(body, dict):
        raise Turned(400, refusal("malformed_request", "The body is no JSON object."))
    return asked(body)


async def _read(request: Request) -> bytes:
    """The body, as long as it is within the limit."""
    most, chunks, size = settings().max_body, [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            message = f"The body has more than {most} bytes."
            raise Turned(413, refusal("too_large", message, limit=most))
        chunks.append(chunk)
    return b"".join(chunks)


def _of_url(request: Request) -> Asked:
    body: dict[str, Any] = dict(request.query_params)
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


def _wants_page(request: Request) -> bool:
    return (
        settings().development
        and request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and not {"query", "documentId"} & set(request.query_params)
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
    Route("/graphql", graphql, methods=["GET", "POST"], name="graphql"),
    WebSocketRoute("/graphql", socket, name="graphql-socket"),
]
