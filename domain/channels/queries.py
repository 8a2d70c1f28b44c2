"""Reads of channels."""

from __future__ import annotations

from uuid import UUID

from domain.channels.models import Channel
from domain.errors import NotFound


async def channel_of(kind: str, id: UUID) -> Channel:
    """The channel behind a public address, whose signature says who may use it.

    Raises NotFound.
    """
    channel = await Channel.get_or_none(id=id, kind=kind)
    if channel is None:
        raise NotFound(noun="channel")
    return channel
