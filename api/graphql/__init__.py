"""GraphQL's doors.

http.py        GraphQL over HTTP                      routes of all of them
socket.py      graphql-transport-ws                   incoming.py operation.py outbox.py wire.py
sse.py         GraphQL over server-sent events
following.py   what every live door does with what it is asked, before anything runs
viewer.py      who is behind a live door, looked at anew when that may have changed
crowd.py       all of them in this process: how many, and their heartbeat
"""
