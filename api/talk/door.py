"""A customer's browser, as far as the widget's public door knows one."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may be sent again."""
SILENCE = 40.0
"""Seconds without a sign of life after which a stream is given up; it gives one every 15."""


class Refused(Exception):
    """The door said no, for good."""


class Away(Exception):
    """The door did not answer, or asked to be tried again."""


@dataclass(frozen=True, slots=True)
class News:
    """A frame of the stream: `message`, `status`, `resync` or `renew`, and its position."""

    kind: str
    position: int
    data: dict[str, Any]


class Door:
    """One customer of one shop. `http` is shared by many and knows where the installation is."""

    def __init__(self, http: httpx.AsyncClient, shop: str = "demo") -> None:
        self.http, self.shop = http, shop
        self.visitor = secrets.token_urlsafe(32)
        self.token = ""
        self.customer: dict[str, Any] = {}

    async def enter(self, assertion: str | None = None) -> None:
        """Begin as a stranger, or with the shop's word for who this is. Raises Away, Refused."""
        words = {"assertion": assertion} if assertion else {"visitor": self.visitor}
        opened = await self._ask("POST", "session", json=words)
        self.token, self.customer = opened["token"], opened["customer"]

    async def say(self, text: str, client_id: str) -> dict[str, Any]:
        """Say something; the message as it was stored. Raises Away, after which it may be sent
        again under the same `client_id`, and Refused."""
        given = {"text": text, "clientId": client_id}
        stored: dict[str, Any] = await self._ask("POST", "messages", json=given)
        return stored

    async def said(self) -> dict[str, Any]:
        """What was said so far: `messages`, the `holder`, and the `position` to follow from."""
        found: dict[str, Any] = await self._ask("GET", "messages")
        return found

    async def news(self, after: int) -> AsyncIterator[News]:
        """What happens after a position, until the stream breaks. Raises Away, Refused."""
        url, timeout = f"/widget/{self.shop}/stream", httpx.Timeout(5.0, read=SILENCE)
        query, headers = {"after": after}, self._authority
        try:
            async with self.http.stream(
                "GET", url, params=query, headers=headers, timeout=timeout
            ) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise _refusal(answer)
                kind, position, data = "message", 0, ""
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "id":
                        position = int(value)
                    elif name == "data":
                        data += value
                    elif not line and (data or kind != "message"):
                        yield News(kind, position, orjson.loads(data) if data else {})
                        kind, data = "message", ""
        except httpx.TransportError as error:
            raise Away(type(error).__name__) from error

    async def orders(self) -> list[dict[str, Any]]:
        """The customer's own orders, the newest first: number, verdict and product."""
        query = "{orders(first: 50) {nodes {number verdict product}}}"
        answer = await self.http.post("/graphql", json={"query": query}, headers=self._authority)
        if not answer.is_success:
            raise _refusal(answer)
        found: list[dict[str, Any]] = answer.json()["data"]["orders"]["nodes"]
        return found

    @property
    def _authority(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def _ask(self, method: str, what: str, **more: Any) -> Any:
        try:
            answer = await self.http.request(
                method, f"/widget/{self.shop}/{what}", headers=self._authority, **more
            )
        except httpx.TransportError as error:
            raise Away(type(error).__name__) from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer.json()


async def assertion(http: httpx.AsyncClient, who: str) -> str:
    """The demo shop's signed word that `who` is logged in there. Raises Away, Refused."""
    try:
        answer = await http.get("/demo/assertion", headers={"Cookie": f"demo_buyer={who}"})
    except httpx.TransportError as error:
        raise Away(type(error).__name__) from error
    if answer.status_code != 200:
        raise _refusal(answer)
    word: str = answer.json()["assertion"]
    return word


def _refusal(answer: httpx.Response) -> Exception:
    if answer.status_code in AGAIN:
        return Away(str(answer.status_code))
    return Refused(f"{answer.status_code} {answer.text[:300]}")
