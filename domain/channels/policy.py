"""Who sees channels: staff alone."""

from __future__ import annotations

from domain import visibility
from domain.channels.models import Channel, Delivery

visibility.visible(Channel, visibility.Visibility("channels"))
visibility.visible(Delivery, visibility.Visibility("channels"))
