"""Who sees readings: staff and partners all, a merchant those of messages about its orders.

Staff may also ask what moved them; what agents say of them is between the staff and the model.
"""

from __future__ import annotations

from domain import visibility
from domain.actors import STAFF, Actor, Scope
from domain.understanding.models import Correction, Reading

visibility.visible(
    Reading,
    visibility.Visibility(
        "conversations",
        merchant=(
            "EXISTS (SELECT 1 FROM messages m WHERE m.id = {t}.message_id "
            "AND m.merchant_id = {merchant})"
        ),
        partner=visibility.EVERYTHING,
    ),
)
visibility.visible(Correction, visibility.Visibility("conversations"))


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads what was understood."""
    return actor.scope


def may_correct(actor: Actor) -> bool:
    """Staff of the shop say what a message means."""
    return actor.role in STAFF


def may_explain(scope: Scope) -> bool:
    """Staff are told what moved a reading; what the model goes by is nobody else's business."""
    return scope.is_staff
