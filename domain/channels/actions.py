"""The verbs of channels: add one, with a secret of its own."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from domain import db
from domain.channels.models import Channel
from domain.clock import now
from domain.rows import new_id
from domain.secrets import keyring


async def add_channel(
    shop: UUID, kind: str, name: str, settings: dict[str, Any] | None = None
) -> Channel:
    """Add a channel with a fresh signing secret, sealed."""
    id = new_id()
    async with db.unit_of_work():
        return await Channel.create(
            id=id,
            shop_id=shop,
            kind=kind,
            name=name,
            secret=keyring().seal(secrets.token_urlsafe(32).encode(), id),
            settings=settings or {},
            created_at=now(),
        )
