"""Who sees readings: staff and partners all, a merchant those of messages about its orders.

Staff may also ask what moved them.
"""

from __future__ import annotations

from domain import visibility
from domain.actors import Actor, Scope
from domain.understanding.models import Reading

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


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads readings."""
    return actor.scope


def may_explain(scope: Scope) -> bool:
    """Staff are told what moved a reading; what the model goes by is nobody else's business."""
    return scope.is_staff
