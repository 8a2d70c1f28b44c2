"""What may be asked: everybody sees their own, and nothing else exists for them."""

from __future__ import annotations

from domain.conversations import actions as conversations
from domain.conversations.models import Conversation, Message
from domain.tickets import actions as tickets
from schema.scalars import opaque
from tests import factories
from tests.people import House
from tests.schema.asking import ask, codes, data

TALK = """query($id: ID!) { conversation(id: $id) {
  id state holder priority sentiment reasons deadline channelKind
  customer { id name identities { kind hint } }
  messages { totalCount nodes { seq author text hasSecrets order { number } reading { intent } } }
  lastMessage { text author } tickets { number } readings { intent } events { kind actor }
} }"""


async def spoken(house: House) -> Conversation:
    """Eve asks about the order that Mei sold, staff note and answer."""
    number = house.orders["mei"].number
    message = await conversations.receive(
        house.eve, f"订单 {number} 的卡密 ABCD-EFGH-1234-5678 无效"
    )
    conversation = await Conversation.get(id=message.conversation_id)
    await conversations.note(house.alice, conversation.id, "看起来是真的")
    await conversations.reply(house.alice, conversation.id, "正在查")
    return await Conversation.get(id=conversation.id)


async def test_anybody_may_ask_for_the_name_of_the_root_and_nothing_more() -> None:
    assert await data(None, "{ __typename }") == {"__typename": "Query"}
    answer = await ask(None, "{ viewer { name } a: conversations { totalCount } }")
    assert answer["data"] is None
    assert codes(answer) == ["unauthenticated", "unauthenticated"]
    assert [error["path"] for error in answer["errors"]] == [["viewer"], ["a"]]


async def test_a_fragment_does_not_smuggle_a_field_past_the_door() -> None:
    answer = await ask(None, "{ ... on Query { ...F } } fragment F on Query { viewer { name } }")
    assert codes(answer) == ["unauthenticated"]


async def test_staff_see_the_whole_conversation(house: House) -> None:
    conversation = await spoken(house)
    found = (await data(house.alice, TALK, id=opaque("Conversation", conversation.id)))[
        "conversation"
    ]
    assert found["holder"] == "AGENT"
    assert found["channelKind"] == "webchat"
    assert found["priority"] == "NORMAL"
    assert found["customer"]["identities"] == [{"kind": "USER", "hint": "u-ev"}]
    authors = [m["author"] for m in found["messages"]["nodes"]]
    assert authors == ["CUSTOMER", "NOTE", "AGENT"]
    assert found["messages"]["totalCount"] == 3
    assert found["lastMessage"]["text"] == "正在查"
    assert "MessageReceived" in [event["kind"] for event in found["events"]]


async def test_a_customer_sees_no_notes_no_readings_and_nothing_of_the_work(house: House) -> None:
    conversation = await spoken(house)
    found = (await data(house.eve, TALK, id=opaque("Conversation", conversation.id)))[
        "conversation"
    ]
    assert [m["author"] for m in found["messages"]["nodes"]] == ["CUSTOMER", "AGENT"]
    assert found["messages"]["totalCount"] == 2
    hidden = ("priority", "sentiment", "reasons", "deadline")
    assert [found[name] for name in hidden] == [None] * 4
    assert found["events"] == []
    assert found["readings"] == []
    assert found["customer"]["identities"] == []


async def test_a_merchant_sees_only_the_messages_about_its_own_orders(house: House) -> None:
    conversation = await spoken(house)
    other = await factories.order(house.shop, house.eve, house.merchants["nora"])
    await conversations.receive(house.eve, f"还有订单 {other.number}")
    mine = opaque("Conversation", conversation.id)
    mei = (await data(house.mei, TALK, id=mine))["conversation"]
    nora = (await data(house.nora, TALK, id=mine))["conversation"]
    assert [m["seq"] for m in mei["messages"]["nodes"]] == [1]
    assert [m["order"]["number"] for m in nora["messages"]["nodes"]] == [other.number]
    assert mei["lastMessage"]["author"] == "CUSTOMER"
    assert mei["events"] == []


async def test_what_may_not_be_seen_is_not_found_in_any_way(house: House) -> None:
    conversation = await spoken(house)
    ticket = await tickets.open(house.alice, conversation.id)
    stranger = (await factories.house()).dana
    message = await Message.filter(conversation_id=conversation.id).first()
    assert message is not None
    ids = {
        "c": opaque("Conversation", conversation.id),
        "t": opaque("Ticket", ticket.id),
        "m": opaque("Message", message.id),
        "o": opaque("Order", house.orders["mei"].id),
        "u": opaque("Customer", house.eve.id),
    }
    query = """query($c: ID!, $t: ID!, $m: ID!, $o: ID!, $u: ID!, $n: String!, $b: String!) {
      conversation(id: $c) { id } ticket(id: $t) { id } order(id: $o) { id } customer(id: $u) { id }
      m: node(id: $m) { id } c: node(id: $c) { id } byNumber: ticket(number: $n) { id }
      bought: order(number: $b) { id }
      conversations { nodes { id } } tickets { nodes { id } } orders { nodes { id } }
      customers { nodes { id } } queue { nodes { id } } }"""
    number = house.orders["mei"].number
    found = await data(stranger, query, **ids, n=ticket.number, b=number)
    lists = {name: value["nodes"] for name, value in found.items() if value}
    assert set(lists) == {"conversations", "tickets", "orders", "customers", "queue"}
    assert not {node["id"] for nodes in lists.values() for node in nodes} & set(ids.values())
    own = await data(house.dana, query, **ids, n=ticket.number, b=number)
    assert all(own.values())


async def test_a_relation_does_not_lead_out_of_a_scope(house: House) -> None:
    conversation = await spoken(house)
    await conversations.claim(house.alice, conversation.id)
    query = """query($id: ID!) { conversation(id: $id) { agent { name } team { name }
      customer { name } order { number } } }"""
    nora_order = house.orders["nora"]
    await Conversation.filter(id=conversation.id).update(order_id=nora_order.id)
    found = (await data(house.mei, query, id=opaque("Conversation", conversation.id)))[
        "conversation"
    ]
    assert found == {"agent": None, "team": None, "customer": {"name": "Eve"}, "order": None}


async def test_wrong_ids_are_simply_not_there(house: House) -> None:
    conversation = await spoken(house)
    right = opaque("Conversation", conversation.id)
    wrong = [
        "", "x", right + "=", right[:-1], opaque("Ticket", conversation.id), "%00", "💥" * 9,
        str(conversation.id), "A" * 600,
    ]  # fmt: skip
    for id in wrong:
        query = "query($id: ID!) { conversation(id: $id) { id } customer(id: $id) { id } }"
        assert await data(house.dana, query, id=id) == {"conversation": None, "customer": None}
    for id in [*wrong[:4], *wrong[5:], opaque("ApiToken", conversation.id)]:
        assert await data(house.dana, "query($id: ID!) { node(id: $id) { id } }", id=id) == {
            "node": None
        }
    node = await data(house.dana, "query($id: ID!) { node(id: $id) { __typename id } }", id=right)
    assert node["node"] == {"__typename": "Conversation", "id": right}


async def test_a_filter_by_a_malformed_id_matches_nothing(house: House) -> None:
    await spoken(house)
    query = "query($f: ConversationFilter) { conversations(filter: $f) { totalCount } }"
    assert (await data(house.dana, query, f={"teamId": "zzz"}))["conversations"]["totalCount"] == 0
    assert (await data(house.dana, query, f={"holder": "AGENT"}))["conversations"][
        "totalCount"
    ] == 1
    assert (await data(house.alice, query, f={"mine": True}))["conversations"]["totalCount"] == 1
    assert codes(await ask(house.eve, query, f={"priority": ["HIGH"]})) == ["not_allowed"]


async def test_a_token_reads_only_the_nouns_it_was_granted(house: House) -> None:
    conversation = await spoken(house)
    query = """query($id: ID!) { conversation(id: $id) { id messages { nodes { id } } }
      customers { totalCount } orders { totalCount } }"""
    found = await data(house.pat, query, id=opaque("Conversation", conversation.id))
    assert found["customers"]["totalCount"] == 0
    assert found["orders"]["totalCount"] == 2
    assert len(found["conversation"]["messages"]["nodes"]) == 2


async def test_the_queue_is_for_staff_and_in_the_order_of_urgency(house: House) -> None:
    from datetime import timedelta

    rows = []
    for n, priority in enumerate((1, 3, 1)):
        eve = await factories.customer(house.shop, f"E{n}", user=f"q-{n}")
        message = await conversations.receive(eve, "人工")
        conversation = await Conversation.get(id=message.conversation_id)
        conversation.priority = priority
        await conversation.save()
        await conversations_hand_over(house, conversation, timedelta(minutes=5))
        rows.append(conversation)
    query = "query($t: ID) { queue(teamId: $t, first: 2) { nodes { id priority } totalCount } }"
    found = (await data(house.alice, query))["queue"]
    expected = [opaque("Conversation", rows[1].id), opaque("Conversation", rows[0].id)]
    assert [node["id"] for node in found["nodes"]] == expected
    assert found["totalCount"] == 3
    finance = opaque("Team", house.teams["finance"].id)
    assert (await data(house.alice, query, t=finance))["queue"]["totalCount"] == 0
    assert codes(await ask(house.eve, query)) == ["not_allowed"]
    assert codes(await ask(house.mei, query)) == ["not_allowed"]


async def conversations_hand_over(house: House, conversation: Conversation, wait: object) -> None:
    """The bot gives up."""
    from domain import db

    async with db.unit_of_work():
        await conversations.hand_over(
            conversation,
            house.teams["technical"].id,
            ["asked"],
            wait,  # type: ignore[arg-type]
        )


async def test_orders_tell_their_evidence_in_the_readers_language(house: House) -> None:
    query = """query($n: String!) { order(number: $n) { amount currency verdict contactHint
      evidence zh: evidence(locale: "zh") merchant { name } customer { name }
      cards { lastFour } refunds { amount } } }"""
    order = house.orders["mei"]
    found = (await data(house.eve, query, n=order.number))["order"]
    assert found["evidence"] == "1 card was issued"
    assert found["zh"] == "已发出 1 张卡密"
    assert found["amount"] == "30.00"
    assert found["cards"] == [{"lastFour": order.number[-4:]}]
    assert found["merchant"] == {"name": "Mei"}
    assert (await data(house.frank, query, n=order.number))["order"] is None


async def test_people_are_listed_for_staff(house: House) -> None:
    query = """{ viewer { name role agent { name load capacity teams { key } } merchant { name }
      customer { name } } agents { name presence load } teams { key agents { name } }
      merchants { name } }"""
    found = await data(house.alice, query)
    assert found["viewer"]["agent"] == {
        "name": "Alice", "load": 0, "capacity": 5, "teams": [{"key": "technical"}],
    }  # fmt: skip
    assert [agent["name"] for agent in found["agents"]] == ["Alice", "Bob", "Charlie", "Dana"]
    technical = next(team for team in found["teams"] if team["key"] == "technical")
    assert sorted(agent["name"] for agent in technical["agents"]) == ["Alice", "Bob", "Dana"]
    eve = await data(house.eve, query)
    assert (eve["agents"], eve["teams"]) == ([], [])
    assert [m["name"] for m in eve["merchants"]] == ["Mei", "Nora"]
    assert eve["viewer"]["customer"] == {"name": "Eve"}


async def test_tokens_are_for_supervisors(house: House) -> None:
    assert await data(house.dana, "{ tokens { name } }") == {"tokens": []}
    assert codes(await ask(house.alice, "{ tokens { name } }")) == ["not_allowed"]


async def test_figures_count_what_happened(house: House) -> None:
    await spoken(house)
    query = "{ metrics { conversations messages ticketsOpened waiting withAgents } }"
    found = (await data(house.dana, query))["metrics"]
    assert (found["conversations"], found["messages"], found["withAgents"]) == (1, 1, 1)
    assert codes(await ask(house.eve, query)) == ["not_allowed"]
    swapped = (
        '{ metrics(since: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z") { messages } }'
    )
    assert codes(await ask(house.dana, swapped)) == ["invalid"]


async def test_articles_are_searched_in_chinese(house: House) -> None:
    from domain.clock import now
    from domain.knowledge import bigrams
    from domain.knowledge.models import Article

    for state in ("published", "draft"):
        await Article.create(
            shop_id=house.id, slug=f"refund-{state}", title="如何申请退款", answer="点退款",
            body="正文", state=state, words=bigrams.document("如何申请退款"), updated_at=now(),
        )  # fmt: skip
    query = "query($s: String) { articles(search: $s) { totalCount nodes { slug state title } } }"
    assert (await data(house.eve, query, s="退款"))["articles"]["totalCount"] == 1
    assert (await data(house.dana, query, s="退款"))["articles"]["totalCount"] == 2
    assert (await data(house.eve, query))["articles"]["nodes"][0]["slug"] == "refund-published"
    one = await data(house.eve, '{ article(slug: "refund-published") { title } templates { key } }')
    assert one == {"article": {"title": "如何申请退款"}, "templates": []}


async def test_a_failed_field_does_not_tear_down_what_others_wait_for(house: House) -> None:
    """Siblings of a failure are cancelled; what they had asked the loaders for is others' too."""
    conversation = await spoken(house)
    await tickets.open(house.alice, conversation.id, "other")
    query = """query($id: ID!) {
      bad: conversation(id: $id) { tickets { number } messages(first: -1) { totalCount } }
      good: conversation(id: $id) { tickets { number owner { name } } }
    }"""
    answer = await ask(house.alice, query, id=opaque("Conversation", conversation.id))
    assert answer["data"]["bad"] is None
    assert len(answer["data"]["good"]["tickets"]) == 1
    assert codes(answer) == ["invalid"]
