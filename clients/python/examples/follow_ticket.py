"""Follow one ticket until it is closed; stopped and started again, it goes on where it was.

ZAIDE_URL=http://127.0.0.1:8700 ZAIDE_TOKEN=zd_… python examples/follow_ticket.py NUMBER
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import aclosing
from functools import partial
from pathlib import Path

from zaide_client import connect, follow
from zaide_client.aio import (
    FollowTicketTicketRemoved,
    FollowTicketTicketResync,
    FollowTicketTicketTicketChanged,
    TicketState,
)


async def main(number: str) -> None:
    """Print a line for everything that happens to the ticket."""
    kept = Path(f"{number}.cursor")
    async with connect(os.environ["ZAIDE_URL"], os.environ["ZAIDE_TOKEN"]) as zaide:
        found = await zaide.ticket_by_number(number)
        if found is None:
            sys.exit(f"There is no ticket {number} to see.")
        after = kept.read_text() if kept.exists() else None
        async with aclosing(follow(partial(zaide.follow_ticket, found.id), after)) as updates:
            async for update in updates:
                state = found.state
                if isinstance(update, FollowTicketTicketTicketChanged):
                    state = update.ticket.state
                    print(update.kind, state.value, flush=True)
                elif isinstance(update, FollowTicketTicketRemoved):
                    print("no longer ours to see", flush=True)
                    return
                elif isinstance(update, FollowTicketTicketResync):
                    now = await zaide.ticket(found.id)
                    state = now.state if now else TicketState.CLOSED
                    print("something was missed; it is now", state.value, flush=True)
                else:
                    print("following", found.number, state.value, flush=True)
                # Kept last: after a crash an update is told again, never skipped.
                kept.write_text(update.cursor)
                if state is TicketState.CLOSED:
                    return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
