"""What a client keeps of each subscription, and how its updates change what is kept.

A client fetches with the query of the same name, subscribes from where that was, and applies each
update: an item replaces the one with its id, Removed takes it away, and a sorted list stays sorted.
An item is followed with its own fields, its messages and readings, and its relations by their ids;
what a related noun is like is told by that noun's own subscription, and a conversation's tickets
are told by `tickets`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain.actors import Actor
from schema.live import Hub
from tests.schema.asking import Listening, ask, follow

MESSAGE = """id seq author authorName text facts clientId createdAt hasSecrets order { id }
  reading { intent sentiment also entities correction { intent sentiment agent { id } } }"""
CONVERSATION = f"""id state holder priority intent sentiment reasons openedAt lastMessageAt
  queuedAt answeredAt closedAt firstDueAt deadline channelKind customer {{ id }} team {{ id }}
  agent {{ id }} order {{ id }} lastMessage {{ {MESSAGE} }}
  messages(last: 20) {{ nodes {{ {MESSAGE} }} }} readings {{ intent sentiment }}"""
TICKET = """id number state category intent priority reasons openedAt dueAt deadline solvedAt
  closedAt team { id } owner { id } customer { id } merchant { id } order { id }
  conversation { id } history { kind }"""
ORDER = """id number product quantity amount currency status verdict contactHint placedAt paidAt
  deliveredAt evidence merchant { id } customer { id } cards { lastFour }"""
METRICS = """conversations messages answeredByBot handedOver ticketsOpened ticketsSolved breaches
  waiting withAgents firstResponseAvg firstResponseP50 firstResponseP95 resolutionAvg"""
MARKS = """__typename ... on Subscribed { cursor } ... on Resync { cursor }"""
REMOVED = "... on Removed { cursor id }"

State = dict[str, Any]


@dataclass(frozen=True)
class Screen:
    """What a client shows of one subscription: its query, its updates, and their common fields.

    `of` is the name of the item in an update, `changed` the update's type. `given` are the
    arguments of both; `sort` puts a list's items in the order of its query.
    """

    name: str
    of: str
    changed: str
    fields: str
    given: dict[str, str] = field(default_factory=dict)
    listed: bool = False
    sort: Callable[[dict[str, Any]], Any] | None = None

    def query(self) -> str:
        """What a client fetches at first, and when it reloads."""
        inside = f"nodes {{ {self.fields} }}" if self.listed else self.fields
        given = {**self.given, **({"first": "50"} if self.listed else {})}
        return f"{{ {self.name}{_written(given)} {{ {inside} }} }}"

    def subscription(self) -> str:
        """What keeps it current."""
        removed = "" if self.of == "metrics" else REMOVED
        return f"""subscription {{ {self.name}{_written(self.given)} {{ {MARKS} {removed}
          ... on {self.changed} {{ cursor {self.of} {{ {self.fields} }} }} }} }}"""

    async def fetched(self, who: Actor) -> Any:
        """What the query gives, as the client keeps it; None for what may not be asked."""
        answer = await ask(who, self.query())
        found = (answer.get("data") or {}).get(self.name)
        return found["nodes"] if self.listed and found else found

    def applied(self, kept: Any, update: dict[str, Any]) -> Any:
        """What the client keeps after an update. Raises AssertionError for a call to reload."""
        kind = update["__typename"]
        assert kind != "Resync", "nothing was lost, so nobody need reload"
        if kind == "Subscribed":
            return kept
        if not self.listed:
            return None if kind == "Removed" else update[self.of]
        gone = update["id"] if kind == "Removed" else update[self.of]["id"]
        others = [item for item in kept if item["id"] != gone]
        if kind == "Removed":
            return others
        every = [*others, update[self.of]]
        return sorted(every, key=self.sort) if self.sort else every


@dataclass
class Open:
    """One viewer's open screen."""

    screen: Screen
    name: str
    who: Actor
    kept: Any
    listening: Listening

    async def differs(self) -> str:
        """What is shown after all updates but would not be after a reload; '' for nothing."""
        shown = self.kept
        for update in self.listening.frames:
            shown = self.screen.applied(shown, update)
        fresh = await self.screen.fetched(self.who)
        if self.screen.listed and not self.screen.sort:
            shown, fresh = _by_id(shown), _by_id(fresh)
        return _difference(f"{self.name}: {self.screen.name}", shown, fresh)


async def opened(hub: Hub, screen: Screen, name: str, who: Actor) -> Open | None:
    """Fetch and follow; None if this is not for them to see, in either way."""
    kept = await screen.fetched(who)
    listening = await follow(hub, who, screen.subscription())
    refused = bool(listening.errors)
    assert refused == (kept is None), f"{name} may fetch or follow {screen.name}, but not both"
    return None if refused else Open(screen, name, who, kept, listening)


def _written(given: dict[str, str]) -> str:
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def _by_id(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: str(item["id"]))


def _difference(where: str, shown: Any, fresh: Any) -> str:
    if shown == fresh:
        return ""
    if isinstance(shown, dict) and isinstance(fresh, dict):
        each = (_difference(f"{where}.{key}", shown.get(key), fresh[key]) for key in fresh)
        return "\n".join(filter(None, each))
    if isinstance(shown, list) and isinstance(fresh, list) and len(shown) == len(fresh):
        pairs = enumerate(zip(shown, fresh, strict=True))
        each = (_difference(f"{where}[{n}]", *pair) for n, pair in pairs)
        return "\n".join(filter(None, each))
    return f"{where}: shown {shown!r}, reloaded {fresh!r}"
