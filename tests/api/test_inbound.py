"""The signed channel's door, over HTTP."""

from __future__ import annotations

import httpx
import orjson

from api.app import create_app
from domain.channels import api
from domain.conversations.models import Message
from domain.rows import new_id
from tests.people import House


def client() -> httpx.AsyncClient:
    """The whole application, in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app()), base_url="http://zaide")


def body(text: str = "卡密无效") -> bytes:
    """What another system sends."""
    return orjson.dumps({"id": "m-1", "customer": "qq-1", "text": text})


async def test_a_signed_message_is_accepted_once(house: House) -> None:
    raw = body()
    headers = api.signed(api.secret_of(house.api), raw)
    async with client() as http:
        url = f"/channels/api/{house.api.id}"
        answers = [await http.post(url, content=raw, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert await Message.filter(shop_id=house.id).count() == 1


async def test_what_is_unsigned_or_unknown_is_turned_away(house: House) -> None:
    raw = body()
    headers = api.signed(api.secret_of(house.api), raw)
    async with client() as http:
        unsigned = await http.post(f"/channels/api/{house.api.id}", content=raw)
        changed = await http.post(
            f"/channels/api/{house.api.id}", content=body("x"), headers=headers
        )
        nowhere = await http.post(f"/channels/api/{new_id()}", content=raw, headers=headers)
        pigeon = await http.post(f"/channels/pigeon/{house.api.id}", content=raw, headers=headers)
        ours = await http.post(f"/channels/webchat/{house.webchat.id}", content=raw)
    assert [a.status_code for a in (unsigned, changed, nowhere, pigeon, ours)] == [
        401, 401, 404, 404, 404,
    ]  # fmt: skip
    assert all(a.json()["error"]["code"] for a in (unsigned, changed, nowhere, pigeon, ours))
    assert not await Message.filter(shop_id=house.id).exists()
