"""Who sees channels: staff alone."""

from __future__ import annotations

from domain import db
from domain.channels.models import Channel, Delivery

db.visible(Channel, db.Visibility("channels"))
db.visible(Delivery, db.Visibility("channels"))
