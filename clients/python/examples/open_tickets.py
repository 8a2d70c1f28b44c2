"""List all open tickets, the most urgent first.

ZAIDE_URL=http://127.0.0.1:8700 ZAIDE_TOKEN=zd_… python examples/open_tickets.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from zaide_client import connect_sync
from zaide_client.sync import Client, TicketFilter, TicketParts, TicketSort, TicketState


def open_tickets(zaide: Client) -> Iterator[TicketParts]:
    """Every open ticket, a page of fifty at a time."""
    wanted, after = TicketFilter(state=[TicketState.OPEN, TicketState.PENDING]), None
    while True:
        page = zaide.tickets(order=TicketSort.URGENT, filter_=wanted, first=50, after=after)
        yield from page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            return


def main() -> None:
    """Print a line for each."""
    with connect_sync(os.environ["ZAIDE_URL"], os.environ["ZAIDE_TOKEN"]) as zaide:
        for ticket in open_tickets(zaide):
            owner = ticket.owner.name if ticket.owner else "nobody"
            print(ticket.number, ticket.priority.value, ticket.category, owner)


if __name__ == "__main__":
    main()
