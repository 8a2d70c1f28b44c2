"""What a group tells, and the shortest way to thousands who hear it.

Almost everybody in a group is a socket that keeps up: all that is to be done for it is to write
bytes which others get too. Such a listener has a `Line`, and a group goes through its lines in one
plain loop. Whoever waits, is slow or is no socket is told one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from graphql import GraphQLError


@dataclass(frozen=True, slots=True)
class Frame:
    """An update as it is sent, but for the id of the operation; told once for all of a group.

    One that was due with others holds these in `parts`, and has no payload of its own. `written`
    is for listeners: the bytes they made of it, by what these differ in.
    """

    position: int
    payload: bytes
    parts: tuple[Frame, ...] = ()
    written: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)


class Gate(Protocol):
    """Whether something must wait before it is written."""

    is_free: bool


class Sink(Protocol):
    """Whether the other side is behind."""

    is_full: bool


class Line(NamedTuple):
    """A transport that a frame's bytes may be written to while its gate is free, and it is not full
    and not closing. `key` is what these bytes differ in."""

    key: str
    gate: Gate
    sink: Sink
    is_closing: Callable[[], bool]
    write: Callable[[bytes], None]


class Listener(Protocol):
    """Where the frames of one subscription of one client go. None of it waits but `room`."""

    @property
    def line(self) -> Line | None:
        """The shortest way to it, the same for as long as it listens; None if there is none."""

    def bytes_of(self, frame: Frame) -> bytes:
        """A frame as it is written to a line, the same for all lines of one key."""

    def told(self, frame: Frame) -> None:
        """Send a frame, all of its parts with one write."""

    def refused(self, errors: list[GraphQLError]) -> None:
        """The subscription never began, or cannot go on."""

    async def room(self) -> None:
        """Wait until there is room for more of what was missed."""


Way: TypeAlias = tuple[Listener, Gate, Sink, Callable[[], bool], Callable[[bytes], None]]


class Lines:
    """Listeners that all hear the same from now on, those with a line by what their bytes are."""

    __slots__ = ("_by_key", "_others")

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._by_key: dict[str, list[Way]] = {}
        self._others: list[Listener] = []
        for listener in listeners:
            line = listener.line
            if line is None:
                self._others.append(listener)
            else:
                key, gate, sink, is_closing, write = line
                way = (listener, gate, sink, is_closing, write)
                self._by_key.setdefault(key, []).append(way)

    def tell(self, frame: Frame) -> None:
        """Tell each of them a frame."""
        for ways in self._by_key.values():
            written = ways[0][0].bytes_of(frame)
            for listener, gate, sink, is_closing, write in ways:
                if gate.is_free and not sink.is_full and not is_closing():
                    write(written)
                else:
                    listener.told(frame)
        for listener in self._others:
            listener.told(frame)
