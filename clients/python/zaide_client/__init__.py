"""Zaide's API for partners: typed, async and sync, with live updates that resume by themselves.

`aio` and `sync` are generated from the schema and the operations next to this package; the rest
is written by hand: doors.py opens a client, documents.py sends hashes instead of documents,
live.py keeps a subscription going.
"""

from zaide_client.doors import codes, connect, connect_sync
from zaide_client.live import Stopped, follow

__all__ = ["Stopped", "codes", "connect", "connect_sync", "follow"]
