"""One message, door to door, over real HTTP and websockets, with every process a process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import jwt
import pytest

from api.talk.door import Door
from bench.installation import Installation, logged_in
from bench.socket import subscribed
from domain.demo import buyer
from domain.secrets import Keyring

LIVE = """
subscription {
  conversations {
    __typename
    ... on ConversationChanged {
      kind
      message { author text reading { intent sentiment } }
      conversation {
        id holder intent priority
        agent { name }
        order { number verdict evidence }
        tickets { number priority category owner { name } team { name } }
      }
    }
  }
}
"""
REPLY = """
mutation($id: ID!, $text: String!) {
  replyToConversation(id: $id, text: $text) {
    __typename ... on Message { text } ... on Problem { code message }
  }
}
"""


@pytest.fixture(scope="module")
def standing() -> Iterator[Installation]:
    """An installation with the demo shop."""
    started = Installation(workers=1)
    try:
        yield started.ready()
    finally:
        started.remove()


@pytest.fixture
async def eve(standing: Installation) -> AsyncIterator[Door]:
    """A buyer of the demo shop, signed in by the shop's word."""
    async with httpx.AsyncClient(base_url=standing.url, timeout=10, trust_env=False) as http:
        door = Door(http)
        await door.enter(await word_for_a_buyer(standing))
        yield door


async def word_for_a_buyer(here: Installation) -> str:
    """The shop's signed word for a buyer whose order was delivered."""
    ring = Keyring.parse((here.home / "keys").read_text("utf-8"))
    async with here.database() as database:
        shop = await database.fetchrow("SELECT id, secret FROM shops WHERE key = 'demo'")
        rows = await database.fetch(
            "SELECT user_hash FROM orders WHERE verdict = 'delivered' AND user_hash IS NOT NULL"
        )
    hashes = {row["user_hash"] for row in rows}
    number = next(n for n in range(400) if ring.blind("user", buyer(n)) in hashes)
    at = int(time.time())
    claims = {"sub": buyer(number), "name": "Eve", "aud": "zaide:demo", "nonce": "n" * 16}
    secret = ring.unseal(shop["secret"], shop["id"]).decode()
    return jwt.encode({**claims, "iat": at, "exp": at + 300}, secret, algorithm="HS256")


class Screen:
    """What a subscribed agent has been shown, in order."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.changed = asyncio.Event()

    async def watch(self, url: str, cookie: str) -> None:
        """Be shown what happens, until cancelled."""
        async with aclosing(subscribed(url, LIVE, cookie=cookie)) as frames:
            async for frame in frames:
                self.shown.append(frame["conversations"])
                self.changed.set()

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait to be shown something of this kind."""
        async with asyncio.timeout(20):
            while True:
                for frame in self.shown:
                    if frame.get("kind") == kind:
                        return frame
                self.changed.clear()
                await self.changed.wait()


async def told(door: Door, author: str) -> str:
    """Wait until the customer has been told something by this author."""
    async with asyncio.timeout(20):
        while True:
            said = await door.said()
            found = [m for m in said["messages"] if m["author"] == author]
            if found:
                return str(found[-1]["text"])
            async for _ in door.news(said["position"]):
                break


async def owner(here: Installation, cookie: str, number: str) -> str:
    """Wait until a ticket has an owner; the name."""
    query = "query($n: String!) { ticket(number: $n) { owner { name } } }"
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=here.url, trust_env=False) as http,
    ):
        while True:
            body = {"query": query, "variables": {"n": number}}
            headers = {"Cookie": cookie, "Origin": here.url}
            answer = (await http.post("/graphql", json=body, headers=headers)).json()
            if answer["data"]["ticket"]["owner"]:
                return str(answer["data"]["ticket"]["owner"]["name"])
            await asyncio.sleep(0.05)


async def test_a_message_is_seen_answered_and_replied_to(standing: Installation, eve: Door) -> None:
    cookie = logged_in(standing.url, "dana", "dana-zaide-demo")
    screen = Screen()
    watching = asyncio.create_task(screen.watch(standing.url, cookie))
    async with asyncio.timeout(20):
        while not screen.shown:
            await screen.changed.wait()

    own = await eve.orders()
    order = next(o for o in own if o["verdict"] == "DELIVERED")
    secrets = "13812345678", "eve@example.com", "ABCD-EFGH-1234-WXYZ"
    await eve.say(
        f"卡密用不了，提示无效，订单号 {order['number']}，我的手机 {secrets[0]}，"
        f"邮箱 {secrets[1]}，卡密是 {secrets[2]}",
        "c-1",
    )
    answer = await told(eve, "bot")
    assert order["number"] in answer

    seen = await screen.until("MessageSent")
    understood = await screen.until("MessageUnderstood")
    assert understood["message"]["reading"]["intent"] == "card_invalid"
    assert seen["conversation"]["intent"] == "card_invalid"
    assert seen["conversation"]["order"]["number"] == order["number"]
    assert seen["conversation"]["order"]["verdict"] == "DELIVERED"
    assert seen["message"]["author"] == "BOT"

    await eve.say("我要人工客服", "c-2")
    queued = await screen.until("ConversationQueued")
    (ticket,) = queued["conversation"]["tickets"]
    assert (ticket["category"], ticket["priority"]) == ("product", "HIGH")

    async with httpx.AsyncClient(base_url=standing.url, trust_env=False) as http:
        done = await http.post(
            "/graphql",
            json={
                "query": REPLY,
                "variables": {"id": queued["conversation"]["id"], "text": "您好，我来处理"},
            },
            headers={"Cookie": cookie, "Origin": standing.url},
        )
    assert done.json()["data"]["replyToConversation"] == {
        "__typename": "Message",
        "text": "您好，我来处理",
    }
    assert await told(eve, "agent") == "您好，我来处理"
    assert await owner(standing, cookie, ticket["number"]) == "Dana 高悦"
    assert [f["kind"] for f in screen.shown if f.get("kind") == "MessageReceived"]

    for secret in secrets:
        assert secret not in " ".join(str(frame) for frame in screen.shown)
        for log in (standing.home / "logs").iterdir():
            assert secret not in log.read_text("utf-8", "replace"), log.name
    watching.cancel()
