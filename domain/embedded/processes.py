"""Child processes that never outlive us, and locks that die with their holder."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

Words = Sequence[str | Path]

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StartFailed(Exception):
    """Something could not be started. The text is one sentence that says what to do."""


class AlreadyRunning(StartFailed):
    """Another process holds the same home."""


def spawn(
    command: Words,
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    cwd: Path | None = None,
    pipe: bool = False,
    death: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that a Ctrl-C reaches only us.

    Output is appended to `log`, or inherited when that is None; with `pipe` standard output can
    be read from the process instead. `user` is the numeric id to run as. On Linux the kernel
    sends `death` when we die in any way. The kernel means the thread that started the child, not
    the process, so only the main thread may call this. Raises StartFailed when the command cannot
    be executed.
    """
    if threading.current_thread() is not threading.main_thread():
        raise StartFailed("Child processes must be started from the main thread.")
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(  # noqa: S603  the words come from our own code
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else output,
            stderr=output,
            env=env,
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            start_new_session=True,
            # It runs two system calls and takes no lock, so other threads cannot hang it.
            preexec_fn=_die_with_parent(death),
        )
    except OSError as error:
        raise StartFailed(f"{command[0]} cannot be run: {error.strerror or error}.") from error
    finally:
        if output:
            output.close()


def _die_with_parent(death: signal.Signals) -> Callable[[], None] | None:
    """What the child does between fork and exec: ask to be told, and see whether it is late."""
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> int:
    """Send each signal in turn, waiting its seconds, then SIGKILL. Returns the exit status."""
    for number, seconds in steps:
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
    return process.wait()


def hold(path: Path, what: str) -> IO[str]:
    """Lock `path` for as long as the returned file is open; the kernel frees it if we die.

    Raises AlreadyRunning, naming `what` and the holder's process id, when it is taken.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyRunning(
            f"{what} already runs on {path.parent} (process {holder}): "
            "stop it first, or set ZAIDE_HOME to another folder."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def running(pid: int) -> bool:
    """Whether a process, a zombie too, has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str:
    """The command line of a process, words joined by spaces; empty if it is gone or a zombie."""
    if sys.platform == "linux":
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode("utf-8", "replace")
            )
        except OSError:
            return ""
    return quietly(["ps", "-o", "command=", "-p", str(pid)]).stdout.strip()


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Ask `condition` every so often, for at most `seconds`; whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def quietly(
    command: Words, user: int | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run to the end, as `user` if given, within two minutes, and keep what was said."""
    return subprocess.run(  # noqa: S603  the words come from our own code
        [os.fspath(word) for word in command],
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def text_of(file: Path) -> str:
    """A file's text; empty if it cannot be read."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def first_number(file: Path) -> int | None:
    """The number on a file's first line, if there is one."""
    first = text_of(file).split("\n", 1)[0].strip()
    return int(first) if first.isdigit() else None


def last_words(log: Path) -> str:
    """A log's last complaint, or its last line."""
    lines = text_of(log).strip().splitlines()[-30:]
    complaints = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (complaints or lines or [""])[-1].strip()
