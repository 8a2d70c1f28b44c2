"""The generic signed channel: anything that can sign a JSON body can talk to us.

In: POST with `X-Zaide-Timestamp` (seconds since 1970) and `X-Zaide-Signature`, the hex
HMAC-SHA256 of `<timestamp>.<body>` under the channel's secret. Out: the same headers on a POST to
the channel's `callback`, with an `Idempotency-Key` that stays the same over all tries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from domain.channels.base import InboundMessage, SendFailed, SendRefused
from domain.channels.models import Channel
from domain.clock import now
from domain.errors import Expired, Invalid, Unauthenticated
from domain.secrets import keyring

SKEW = 300
"""Seconds a timestamp may be off, as Standard Webhooks has it."""
TIMEOUT = httpx.Timeout(5, connect=2)


class Api:
    """The generic signed channel."""

    kind = "api"

    def parse(
        self, channel: Channel, headers: Mapping[str, str], body: bytes
    ) -> list[InboundMessage]:
        """One message: {id, customer, text, name?, locale?}. Raises Unauthenticated, Invalid."""
        verify(secret_of(channel), headers, body)
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Invalid(field="body", reason="json") from error
        if not isinstance(data, dict):
            raise Invalid(field="body", reason="object")
        for name in ("id", "customer", "text"):
            if not isinstance(data.get(name), str) or not data[name]:
                raise Invalid(field=name, reason="missing")
        if len(data["customer"]) > 128 or len(data["id"]) > 64:
            raise Invalid(field="id", reason="id")
        return [
            InboundMessage(
                data["id"],
                data["customer"],
                data["text"],
                str(data.get("name") or "")[:120],
                "en" if data.get("locale") == "en" else "zh",
            )
        ]

    async def send(self, channel: Channel, message: Mapping[str, Any]) -> None:
        """POST the message to the channel's callback; the receiver knows repeats by their key."""
        url = channel.settings.get("callback")
        if not url:
            return
        body = orjson.dumps(message)
        headers = {
            **signed(secret_of(channel), body),
            "Content-Type": "application/json",
            "Idempotency-Key": str(message["id"]),
        }
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
                response = await client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            # The receiver knows a repeat by its key, so an unknown outcome may be tried again.
            raise SendFailed(type(error).__name__) from error
        if response.status_code >= 500 or response.status_code in (408, 425, 429):
            raise SendFailed(str(response.status_code))
        if response.status_code >= 300:
            raise SendRefused(str(response.status_code))


def secret_of(channel: Channel) -> bytes:
    """The channel's signing secret."""
    return keyring().unseal(channel.secret, channel.id)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of `<timestamp>.<body>`."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed(secret: bytes, body: bytes) -> dict[str, str]:
    """The two headers of a signed body."""
    timestamp = str(int(now().timestamp()))
    return {
        "X-Zaide-Timestamp": timestamp,
        "X-Zaide-Signature": signature(secret, timestamp, body),
    }


def verify(secret: bytes, headers: Mapping[str, str], body: bytes) -> None:
    """Check timestamp and signature in constant time. Raises Unauthenticated or Expired."""
    timestamp = headers.get("x-zaide-timestamp", "")
    given = headers.get("x-zaide-signature", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Unauthenticated()
    if not hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode()):
        raise Unauthenticated()
    if abs(int(timestamp) - now().timestamp()) > SKEW:
        raise Expired()
