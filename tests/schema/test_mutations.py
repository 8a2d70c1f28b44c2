"""Verbs: what was changed, or why not, as types; and that a refusal changed nothing."""

from __future__ import annotations

import pytest

from domain import db
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation, Message
from domain.people.models import Token
from domain.tickets.models import Ticket
from domain.understanding import actions as understanding
from domain.understanding.classifier import Guess
from domain.understanding.models import Correction, Reading
from schema.scalars import opaque
from tests.people import House
from tests.schema.asking import ask, codes, data

PROBLEM = "... on Problem { code message field hint }"
SEND = f"""mutation($text: String!, $client: String) {{
  sendMessage(text: $text, clientId: $client) {{ __typename {PROBLEM}
    ... on Message {{ id seq text author hasSecrets conversation {{ id holder }} }} }} }}"""


def verb(name: str, selection: str, extra: str = "", given: str = "") -> str:
    """A document that does one thing to one id."""
    return (
        f"mutation($id: ID!{extra}) {{ {name}(id: $id{given}) "
        f"{{ __typename ... on {selection} {PROBLEM} }} }}"
    )


CLAIM = verb("claimConversation", "Conversation { holder agent { name } }")
CLOSE = verb("closeConversation", "Conversation { state }")
BACK = verb("giveBackConversation", "Conversation { holder }")
NOTE = verb("addNote", "Message { author text }", ", $text: String!", ", text: $text")
REPLY = verb(
    "replyToConversation", "Message { author authorName text }", ", $text: String!", ", text: $text"
)
REVEAL = verb("revealMessage", "Revealed { text }", ", $why: String!", ", reason: $why")
CORRECT = verb(
    "correctReading",
    "Reading { intent correction { intent sentiment modelVersion agent { name } } }",
    ", $intent: String, $tone: Sentiment",
    ", intent: $intent, sentiment: $tone",
)


async def begun(house: House, text: str = "卡密 ABCD-EFGH-1234-5678 无效") -> str:
    """Eve begins a conversation; its id."""
    message = await conversations.receive(house.eve, text)
    return opaque("Conversation", message.conversation_id)


async def read(house: House) -> str:
    """What Eve says is read as that the card was used; the reading's id."""
    await begun(house)
    message = await Message.get(shop_id=house.id)
    guess = Guess("card_used", 0.8, "neutral", 0.9, (), "old-1")
    await understanding.note(await understanding.unread([message.id]), [guess])
    return opaque("Reading", (await Reading.get(message_id=message.id)).id)


async def test_a_message_sent_twice_with_one_client_id_is_kept_once(house: House) -> None:
    first = (await data(house.eve, SEND, text="你好", client="c-1"))["sendMessage"]
    again = (await data(house.eve, SEND, text="你好", client="c-1"))["sendMessage"]
    assert first == again
    assert (first["__typename"], first["seq"], first["author"]) == ("Message", 1, "CUSTOMER")
    assert await Message.filter(shop_id=house.id).count() == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "half \ud800"])
async def test_a_text_that_cannot_be_kept_is_an_invalid_problem(house: House, text: str) -> None:
    if "\ud800" in text:
        from schema.request import asked

        with pytest.raises(Exception) as refused:  # noqa: PT011
            asked({"query": SEND, "variables": {"text": text}})
        assert type(refused.value).__name__ == "Refused"
        return
    problem = (await data(house.eve, SEND, text=text))["sendMessage"]
    assert problem["__typename"] == "InvalidProblem"
    assert problem["field"] == "text"
    assert problem["code"] in ("invalid", "too_long")
    assert problem["message"] != problem["code"]
    assert await Message.filter(shop_id=house.id).count() == 0


async def test_only_customers_send_and_only_staff_work(house: House) -> None:
    id = await begun(house)
    before = await db.sql("SELECT count(*) AS n FROM events WHERE shop_id = $1", house.id)
    for actor in (house.alice, house.mei, house.pat):
        sent = (await data(actor, SEND, text="你好"))["sendMessage"]
        assert sent["__typename"] == "NotAllowedProblem"
    for query, name in ((CLAIM, "claimConversation"), (CLOSE, "closeConversation"),
                        (BACK, "giveBackConversation")):  # fmt: skip
        assert (await data(house.eve, query, id=id))[name]["__typename"] == "NotAllowedProblem"
        assert (await data(house.frank, query, id=id))[name]["__typename"] == "NotFoundProblem"
        assert (await data(house.dana, query, id="nonsense"))[name]["code"] == "not_found"
    after = await db.sql("SELECT count(*) AS n FROM events WHERE shop_id = $1", house.id)
    assert before == after
    conversation = await Conversation.get(shop_id=house.id)
    assert (conversation.holder, conversation.state) == ("bot", "open")


async def test_of_two_who_claim_the_second_is_told(house: House) -> None:
    id = await begun(house)
    won = (await data(house.alice, CLAIM, id=id))["claimConversation"]
    assert (won["holder"], won["agent"]) == ("AGENT", {"name": "Alice"})
    lost = (await data(house.bob, CLAIM, id=id))["claimConversation"]
    assert (lost["__typename"], lost["code"]) == ("ConflictProblem", "already_claimed")


async def test_a_conversation_goes_its_whole_way(house: House) -> None:
    id = await begun(house)
    reply = (await data(house.alice, REPLY, id=id, text="在的"))["replyToConversation"]
    assert (reply["author"], reply["authorName"]) == ("AGENT", "Alice")
    note = (await data(house.bob, NOTE, id=id, text="老客户"))["addNote"]
    assert note["author"] == "NOTE"
    transfer = f"""mutation($id: ID!, $team: ID!) {{
      transferConversation(id: $id, teamId: $team, reason: "退款归财务") {{
        __typename ... on Conversation {{ holder team {{ key }} }} {PROBLEM} }} }}"""
    team = opaque("Team", house.teams["finance"].id)
    moved = (await data(house.alice, transfer, id=id, team=team))["transferConversation"]
    assert (moved["holder"], moved["team"]) == ("QUEUE", {"key": "finance"})
    nowhere = (await data(house.charlie, transfer, id=id, team=id))["transferConversation"]
    assert nowhere["code"] == "not_found"
    assert (await data(house.charlie, BACK, id=id))["giveBackConversation"]["holder"] == "BOT"
    assert (await data(house.charlie, CLOSE, id=id))["closeConversation"]["state"] == "CLOSED"
    twice = (await data(house.charlie, CLOSE, id=id))["closeConversation"]
    assert (twice["__typename"], twice["code"]) == ("ConflictProblem", "already_closed")


async def test_secrets_are_revealed_to_who_has_the_conversation_with_a_reason(
    house: House,
) -> None:
    id = await begun(house)
    message = await Message.get(shop_id=house.id)
    assert "ABCD-EFGH" not in message.text
    node = opaque("Message", message.id)
    refused = (await data(house.alice, REVEAL, id=node, why="核对卡密"))["revealMessage"]
    assert refused["__typename"] == "NotAllowedProblem"
    await data(house.alice, CLAIM, id=id)
    assert (await data(house.alice, REVEAL, id=node, why=" "))["revealMessage"]["code"] == "invalid"
    shown = (await data(house.alice, REVEAL, id=node, why="核对卡密"))["revealMessage"]
    assert "ABCD-EFGH-1234-5678" in shown["text"]
    rows = await db.sql("SELECT kind, reason FROM accesses WHERE object_id = $1", message.id)
    assert rows == [{"kind": "reveal_message", "reason": "核对卡密"}]


async def test_a_reading_is_corrected_and_the_last_word_counts(house: House) -> None:
    id = await read(house)
    for _ in range(2):
        found = await data(house.alice, CORRECT, id=id, intent="card_invalid")
        assert found["correctReading"] == {
            "__typename": "Reading",
            "intent": "card_used",
            "correction": {
                "intent": "card_invalid",
                "sentiment": None,
                "modelVersion": "old-1",
                "agent": {"name": "Alice"},
            },
        }
    later = (await data(house.dana, CORRECT, id=id, tone="NEGATIVE"))["correctReading"][
        "correction"
    ]
    assert (later["intent"], later["sentiment"]) == ("card_invalid", "NEGATIVE")
    assert later["agent"] == {"name": "Dana"}


async def test_a_refused_correction_says_why_and_changes_nothing(house: House) -> None:
    id = await read(house)
    for actor, given, kind, code in (
        (house.alice, {"id": id, "intent": "nonsense"}, "InvalidProblem", "unknown_intent"),
        (house.alice, {"id": id}, "InvalidProblem", "invalid"),
        (house.alice, {"id": "nonsense", "intent": "other"}, "NotFoundProblem", "not_found"),
        (house.eve, {"id": id, "intent": "other"}, "NotFoundProblem", "not_found"),
        (house.pat, {"id": id, "intent": "other"}, "NotAllowedProblem", "not_allowed"),
    ):
        problem = (await data(actor, CORRECT, **given))["correctReading"]
        assert (problem["__typename"], problem["code"]) == (kind, code)
    assert not await Correction.filter(shop_id=house.id).exists()


async def test_a_ticket_goes_its_whole_way(house: House) -> None:
    id = await begun(house)
    opening = f"""mutation($id: ID!, $intent: String) {{
      openTicket(conversationId: $id, intent: $intent) {{
        __typename ... on Ticket {{ id number state team {{ key }} history {{ kind }} }} {PROBLEM}
      }} }}"""
    wrong = (await data(house.alice, opening, id=id, intent="nonsense"))["openTicket"]
    assert (wrong["__typename"], wrong["field"]) == ("InvalidProblem", "intent")
    assert await Ticket.filter(shop_id=house.id).count() == 0
    ticket = (await data(house.alice, opening, id=id, intent="card_invalid"))["openTicket"]
    assert (ticket["state"], ticket["team"]) == ("OPEN", {"key": "technical"})
    assert [event["kind"] for event in ticket["history"]] == ["TicketOpened"]
    steps = (
        ("claimTicket", "owner { name }", {"owner": {"name": "Alice"}}),
        ("solveTicket", "state", {"state": "SOLVED"}),
        ("closeTicket", "state", {"state": "CLOSED"}),
        ("reopenTicket", "state", {"state": "OPEN"}),
    )
    for name, selection, expected in steps:
        query = verb(name, f"Ticket {{ {selection} }}")
        stranger = (await data(house.charlie, query, id=ticket["id"]))[name]
        assert (stranger["__typename"], stranger["code"]) == ("NotAllowedProblem", "not_your_team")
        found = (await data(house.alice, query, id=ticket["id"]))[name]
        assert {key: found[key] for key in expected} == expected


async def test_presence_is_the_agents_own(house: House) -> None:
    query = f"""mutation {{ setPresence(presence: ONLINE) {{
      __typename ... on Agent {{ name presence }} {PROBLEM} }} }}"""
    assert (await data(house.alice, query))["setPresence"] == {
        "__typename": "Agent", "name": "Alice", "presence": "ONLINE",
    }  # fmt: skip
    assert (await data(house.eve, query))["setPresence"]["__typename"] == "NotAllowedProblem"


async def test_a_token_is_shown_once_and_ends_at_once(house: House) -> None:
    query = f"""mutation($m: ID) {{ createToken(name: "对账", role: MERCHANT_STAFF,
      scopes: ["orders:read"], merchantId: $m) {{ __typename ... on IssuedToken {{
        secret token {{ id name role scopes merchant {{ name }} }} }} {PROBLEM} }} }}"""
    merchant = opaque("Merchant", house.merchants["mei"].id)
    assert (await data(house.alice, query, m=merchant))["createToken"]["code"] == "not_allowed"
    assert await Token.filter(shop_id=house.id).count() == 0
    issued = (await data(house.dana, query, m=merchant))["createToken"]
    assert issued["secret"].startswith("zd_")
    assert issued["token"]["merchant"] == {"name": "Mei"}
    listed = (await data(house.dana, "{ tokens { id name revokedAt } }"))["tokens"]
    assert [t["name"] for t in listed] == ["对账"]
    revoke = verb("revokeToken", "ApiToken { revokedAt }")
    assert (await data(house.dana, revoke, id=listed[0]["id"]))["revokeToken"]["revokedAt"]


async def test_somebody_unknown_does_nothing(house: House) -> None:
    assert codes(await ask(None, SEND, text="你好")) == ["unauthenticated"]
    assert await Message.filter(shop_id=house.id).count() == 0


async def test_what_nobody_expected_is_told_as_internal_and_logged_by_type_only(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object, **__: object) -> object:
        raise ValueError("卡密 SECRET-1234")

    monkeypatch.setattr(conversations, "receive", broken)
    answer = await ask(house.eve, SEND, text="SECRET-1234")
    assert codes(answer) == ["internal"]
    assert answer["errors"][0]["extensions"]["requestId"] == "test-request"
    assert "SECRET" not in str(answer)
    said = capsys.readouterr()
    assert "SECRET" not in said.out + said.err
    assert "ValueError" in said.out + said.err


async def test_a_database_that_is_away_is_told_as_such(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> object:
        raise ConnectionRefusedError("postgres")

    monkeypatch.setattr(conversations, "receive", away)
    assert codes(await ask(house.eve, SEND, text="你好")) == ["unavailable"]
