"""The folder an installation lives in: who owns it, where its sockets are, whether it has room."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from domain.embedded.processes import StartFailed, quietly, text_of

MEGABYTE = 1024 * 1024
NOBODY = 65534
_FREE_NEEDED = 256 * MEGABYTE  # a new cluster with its first WAL files, and some room
_SOCKET_LIMIT = 103  # bytes of a socket's path: 108 on Linux, 104 on macOS, with the final zero
_LONGEST_SOCKET = len("/pg/.s.PGSQL.5432")


def prepare(home: Path) -> None:
    """Make the home's folders; raises StartFailed if it is another's, or the disk is full."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = home.stat().st_uid
    if owner != os.geteuid():
        raise StartFailed(f"{home} belongs to user {owner}: run as that user, or set ZAIDE_HOME.")
    (home / "logs").mkdir(mode=0o700, exist_ok=True)
    if shutil.disk_usage(home).free < _FREE_NEEDED:
        raise StartFailed(no_space(home))


def no_space(home: Path) -> str:
    """The sentence for a full disk."""
    free = shutil.disk_usage(home).free // MEGABYTE
    return f"No space: {free} MB are free for {home}; free some, or set ZAIDE_HOME to another disk."


def unprivileged() -> tuple[list[str], int | None]:
    """How to run PostgreSQL, which refuses root: words to put before it, and a user id.

    Root uses a user namespace, where it is user 1000 while files stay root's; where the kernel
    forbids that, as in most containers, the user `nobody`.
    """
    if os.geteuid() != 0:
        return [], None
    prefix = ["unshare", "-U", "--map-user=1000", "--map-group=1000", "--"]
    with suppress(OSError):
        if quietly([*prefix, "true"]).returncode == 0:
            return prefix, None
    return [], NOBODY


def give(folder: Path, user: int | None) -> None:
    """As root, make `folder` and all in it belong to `user` (None: root) if it does not yet."""
    owner = user or 0
    if os.geteuid() != 0 or folder.stat().st_uid == owner:
        return
    for place, folders, files in os.walk(folder, topdown=False):
        for entry in (*folders, *files, "."):
            os.chown(Path(place, entry), owner, owner, follow_symlinks=False)


def socket_folder(home: Path, name: str, user: int | None) -> Path:
    """The folder for the sockets of server `name`, owned by `user` (None: us).

    It is under home, or under a short one when home's path is too long or holds a character that
    PostgreSQL or its clients read as a separator.
    """
    base = home / "run"
    if len(os.fsencode(base)) + _LONGEST_SOCKET > _SOCKET_LIMIT or set(str(base)) & set(',"'):
        base = _short_folder(home / "run.path")
    folder = base / name
    for each in (base, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        _let_pass(home, base)
    give(folder, user)
    return folder


def _short_folder(note: Path) -> Path:
    """A folder under /tmp that `note` remembers; one that another could have made is not used."""
    remembered = text_of(note).strip()
    with suppress(OSError):
        seen = os.lstat(remembered)
        ours = seen.st_uid == os.geteuid() and seen.st_mode & 0o170022 == 0o040000
        if ours:
            return Path(remembered)
    made = tempfile.mkdtemp(prefix="zaide-", dir="/tmp")
    note.write_text(made)
    return Path(made)


def _let_pass(home: Path, base: Path) -> None:
    """Let `nobody` walk through our folders, without seeing what is in them."""
    home.chmod(0o711)
    base.chmod(0o711)
    if quietly(["test", "-x", home], NOBODY).returncode:
        raise StartFailed(
            f"PostgreSQL does not run as root, and user nobody cannot reach {home}: run as an "
            "ordinary user, set ZAIDE_HOME to a folder such as /var/lib/zaide, or set DATABASE_URL."
        )
