"""The two kinds of clients of a crowd, and as much of their protocols as they need."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from urllib.parse import urlsplit

from bench.subscribers import Heard, Refused, connected

MARK = b'"clientId":"n'
"""What stands in a frame before the number of its event, which has `DIGITS` digits."""
DIGITS = 8


class Socket:
    """One subscription over one websocket. It answers pings of both kinds, as a browser does."""

    __slots__ = ("_init", "_opening", "_rest", "_subscribe", "is_hearing", "is_in", "sock")

    def __init__(
        self,
        url: str,
        document: str,
        variables: Mapping[str, str] | None = None,
        *,
        token: str = "",
        cookie: str = "",
    ) -> None:
        """Who asks is told by a `token` in connection_init, or by a `cookie` as it is sent."""
        self.sock = connected(url)
        self.is_in = self.is_hearing = False
        self._rest = b""
        asked = {"query": document, "variables": variables or {}}
        self._subscribe = _text({"id": "1", "type": "subscribe", "payload": asked})
        init = {"type": "connection_init", "payload": {"token": token} if token else {}}
        self._init = _text(init)
        self._opening = _handshake(url, cookie)

    def opening(self) -> bytes:
        """The handshake."""
        return self._opening

    def received(self, data: bytes, at: int, heard: Heard) -> None:
        """Walk the frames; what is incomplete waits for the rest."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        start, end = 0, len(data)
        if self._opening and (start := self._shaken(data)) == 0:
            return
        while end - start >= 2:
            length, head = data[start + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[start + 2 : start + 4]), 4
            elif length == 127:
                length, head = int.from_bytes(data[start + 2 : start + 10]), 10
            after = start + head + length
            if after > end or end - start < head:
                break
            found = data.find(MARK, start + head, after)
            if found >= 0:
                found += len(MARK)
                heard.note(int(data[found : found + DIGITS]), at)
                heard.size = length
                self.is_hearing = True
            else:
                self._hear(data[start] & 15, data[start + head : after])
            start = after
        self._rest = data[start:]

    def _shaken(self, data: bytes) -> int:
        """Where the frames begin; 0 as long as the handshake is not over."""
        head, over, _ = data.partition(b"\r\n\r\n")
        if not over:
            self._rest = data
            return 0
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise Refused(head[:300].decode("latin-1"))
        self._opening = b""
        self.sock.send(self._init)
        return len(head) + 4

    def _hear(self, opcode: int, payload: bytes) -> None:
        """Anything but an event."""
        if opcode == 9:
            self.sock.send(_frame(10, payload))
        elif opcode == 8:
            raise Refused(f"closed: {payload[:2].hex()} {payload[2:].decode(errors='replace')}")
        elif opcode == 1:
            self._hear_word(json.loads(payload))

    def _hear_word(self, message: dict[str, object]) -> None:
        match message["type"]:
            case "connection_ack":
                self.sock.send(self._subscribe)
                self.is_in = True
            case "ping":
                self.sock.send(_text({"type": "pong"}))
            case "next":
                self.is_hearing = True
            case "error" | "complete" | "connection_error":
                raise Refused(str(message)[:300])


class Stream:
    """One stream of server-sent events; the number of an event is the position in its `id:`."""

    __slots__ = ("_opening", "_tail", "frames", "is_hearing", "is_in", "sock")

    MARK = b"\r\nid: "  # an event is a chunk of its own, and its id the chunk's first line

    def __init__(self, url: str, path: str, cookie: str) -> None:
        self.sock = connected(url)
        self.is_in = self.is_hearing = False
        self.frames: list[tuple[int, int]] = []
        """The position of each frame, and when it came (ns)."""
        self._tail = b""
        host = urlsplit(url).netloc
        self._opening = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
            f"Cookie: {cookie}\r\n\r\n"
        ).encode()

    def opening(self) -> bytes:
        """The request."""
        return self._opening

    def received(self, data: bytes, at: int, heard: Heard) -> None:
        """Look for ids. A page's partials may take many reads; what counts is the last of them."""
        data = self._tail + data
        if not self.is_in:
            self._let_in(data)
        found = data.find(self.MARK)
        while found >= 0:
            end = data.find(b"\n", found + len(self.MARK))
            if end < 0:
                break
            position = int(data[found + len(self.MARK) : end])
            heard.note(position, at)
            self.frames.append((position, at))
            found = data.find(self.MARK, end)
        self._tail = data[found:] if found >= 0 else data[-len(self.MARK) :]

    def _let_in(self, data: bytes) -> None:
        if b" 200 " not in data.partition(b"\r\n")[0]:
            raise Refused(data[:300].decode("latin-1"))
        self.is_in = self.is_hearing = True


def _handshake(url: str, cookie: str) -> bytes:
    host = urlsplit(url).netloc
    lines = [
        "GET /graphql HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _text(message: Mapping[str, object]) -> bytes:
    return _frame(1, json.dumps(message).encode())


def _frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame. Its mask is zero: masking guards proxies, of which there are none here."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack("!H", length)
    return bytes([0x80 | opcode]) + size + bytes(4) + payload
