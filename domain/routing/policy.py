"""Who may say that they are here."""

from __future__ import annotations

from domain.actors import STAFF, Actor


def may_be_present(actor: Actor) -> bool:
    """Staff with a grant in the shop."""
    return actor.role in STAFF
