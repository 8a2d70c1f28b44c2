"""Who sees readings: staff and partners all, a merchant those of messages about its orders."""

from __future__ import annotations

from domain import visibility
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
