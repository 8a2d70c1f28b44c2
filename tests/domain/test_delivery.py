"""The signed channel: what comes in is verified, what goes out arrives once or is given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from domain import clock
from domain.channels import api
from domain.channels.models import Delivery
from domain.channels.registry import outside
from domain.conversations.models import Conversation, Message
from domain.delivery import actions
from domain.errors import Expired, Invalid, NotFound, Unauthenticated
from tests.hands import Hands
from tests.people import House


class Receiver:
    """The outside world of these tests: a small HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.got.append((headers, body))
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
    yield made
    server.close()
    await server.wait_closed()


def body(**other: object) -> bytes:
    """A message as the outside sends it."""
    return orjson.dumps({"id": "m-1", "customer": "wx-1", "text": "卡密无效", **other})


async def test_a_signed_message_comes_in_once(house: House) -> None:
    raw = body()
    headers = {k.lower(): v for k, v in api.signed(api.secret_of(house.api), raw).items()}
    ids = set()
    for _ in range(3):
        (inbound,) = outside("api").parse(house.api, headers, raw)
        ids.add((await actions.take_in(house.api, inbound)).id)
    assert len(ids) == 1


async def test_what_is_not_signed_does_not_come_in(house: House) -> None:
    raw = body()
    good = {k.lower(): v for k, v in api.signed(api.secret_of(house.api), raw).items()}
    parse = outside("api").parse
    for headers in (
        {},
        {**good, "x-zaide-signature": "0" * 64},
        {**good, "x-zaide-timestamp": "x"},
    ):
        with pytest.raises(Unauthenticated):
            parse(house.api, headers, raw)
    with pytest.raises(Unauthenticated):
        parse(house.api, good, raw + b" ")
    with clock.travel(timedelta(minutes=6)), pytest.raises(Expired):
        parse(house.api, good, raw)
    with pytest.raises(NotFound):
        outside("pigeon")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id": 1}', body(text=""), body(id="x" * 65)])
async def test_a_signed_body_that_cannot_be_used_is_refused(house: House, raw: bytes) -> None:
    headers = {k.lower(): v for k, v in api.signed(api.secret_of(house.api), raw).items()}
    with pytest.raises(Invalid):
        outside("api").parse(house.api, headers, raw)


async def said_by_api(house: House, hands: Hands, receiver: Receiver) -> Conversation:
    """A customer of the api channel, whose bot answer is due at the receiver."""
    house.api.settings = {"callback": receiver.url}
    await house.api.save()
    raw = body()
    headers = {k.lower(): v for k, v in api.signed(api.secret_of(house.api), raw).items()}
    (inbound,) = outside("api").parse(house.api, headers, raw)
    message = await actions.take_in(house.api, inbound)
    await hands.work()
    return await Conversation.get(id=message.conversation_id)


async def test_an_answer_is_handed_over_signed_with_a_key_for_repeats(
    house: House, hands: Hands, receiver: Receiver
) -> None:
    conversation = await said_by_api(house, hands, receiver)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    ((headers, raw),) = receiver.got
    assert orjson.loads(raw)["text"] == answer.text
    assert headers["idempotency-key"] == str(answer.id)
    api.verify(api.secret_of(house.api), headers, raw)
    assert (await Delivery.get(message_id=answer.id)).state == "sent"


async def test_a_failed_send_is_tried_again_with_the_same_key(
    house: House, hands: Hands, receiver: Receiver
) -> None:
    receiver.status = 503
    conversation = await said_by_api(house, hands, receiver)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    delivery = await Delivery.get(message_id=answer.id)
    assert delivery.state == "pending"

    receiver.status = 200
    with clock.travel(timedelta(minutes=1)):
        assert await actions.hand_over(delivery.id) == "sent"
        assert await actions.hand_over(delivery.id) == "pending"
    assert len(receiver.got) == 2
    assert len({headers["idempotency-key"] for headers, _ in receiver.got}) == 1
    assert (await Delivery.get(id=delivery.id)).state == "sent"


async def test_a_refused_send_is_given_up_and_said_so(
    house: House, hands: Hands, receiver: Receiver
) -> None:
    receiver.status = 410
    conversation = await said_by_api(house, hands, receiver)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    assert (await Delivery.get(message_id=answer.id)).state == "failed"
    assert len(receiver.got) == 1


async def test_two_hands_deliver_once(house: House, hands: Hands, receiver: Receiver) -> None:
    receiver.status = 503
    conversation = await said_by_api(house, hands, receiver)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    delivery = await Delivery.get(message_id=answer.id)
    receiver.status = 200
    with clock.travel(timedelta(minutes=1)):
        await asyncio.gather(*(actions.hand_over(delivery.id) for _ in range(8)))
    assert len(receiver.got) == 2
