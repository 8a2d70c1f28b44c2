"""What is asked: the queue, as an agent sees it first; about 23 kB of JSON for 50 tickets."""

from __future__ import annotations

import orjson

from bench.fill import MERCHANT, PARTNER, SESSION

QUERY = """
query Queue($first: Int!, $states: [TicketState!]!) {
  tickets(first: $first, order: URGENT, filter: {state: $states}) {
    nodes {
      id number state priority category intent openedAt dueAt deadline
      customer { id name }
      owner { id name }
      order { id number product verdict amount }
      conversation { id lastMessage { id seq author text createdAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
VARIABLES = {"first": 50, "states": ["OPEN", "PENDING"]}
BODY = orjson.dumps({"query": QUERY, "variables": VARIABLES})

# An agent logs in, so that the request is a browser's: it says that our own page asks.
AGENT = {"Cookie": f"__Host-zaide_session={SESSION}", "Sec-Fetch-Site": "same-origin"}
ASKERS = {
    "agent": AGENT,
    "partner": {"Authorization": f"Bearer {PARTNER}"},
    "merchant": {"Authorization": f"Bearer {MERCHANT}"},
}
"""The headers of each kind of asker; figures are taken with the agent's."""
