"""What every channel is: a way in that is verified and parsed, and a way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from domain.channels.models import Channel


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A customer's message as any channel hands it over.

    `external_id` is the channel's own id of the message: the same twice is stored once. `sender`
    is the channel's id of the customer.
    """

    external_id: str
    sender: str
    text: str = field(repr=False)
    name: str = ""
    locale: str = "zh"


class SendFailed(Exception):
    """A send that surely did not arrive, and may be tried again."""


class SendRefused(Exception):
    """A send that was refused, and will be refused again."""


class SendUncertain(Exception):
    """A send that may have arrived; on a channel without idempotency a person decides."""


class Outside(Protocol):
    """One outside world."""

    kind: str

    def parse(
        self, channel: Channel, headers: Mapping[str, str], body: bytes
    ) -> list[InboundMessage]:
        """Verify and parse what came in. Raises Unauthenticated or Invalid."""
        ...

    async def send(self, channel: Channel, message: Mapping[str, Any]) -> None:
        """Hand a message over. Raises SendFailed, SendRefused or SendUncertain."""
        ...
