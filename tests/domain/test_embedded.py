"""Real servers: they start as whoever we are, survive kills, and never outlive their parent."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from domain.embedded import AlreadyRunning, Postgres, Redis, StartFailed, ephemeral, home
from domain.embedded.binaries import MissingServer, find_postgres
from domain.embedded.processes import running, wait_until

ROOT = Path(__file__).resolve().parents[2]
_PARENT = """
import sys, time
from pathlib import Path
from domain.embedded import Postgres, Redis
servers = Postgres(Path(sys.argv[1])), Redis(Path(sys.argv[1]))
for server in servers:
    server.start()
print(*(server.pid for server in servers), flush=True)
time.sleep(600)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A home with a short path, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="zt-", dir="/tmp"))
    yield folder / "home"
    for note in folder.rglob("run.path"):
        shutil.rmtree(note.read_text())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(place: Path) -> Iterator[Postgres]:
    server = hasty(place)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(place: Path) -> Iterator[Redis]:
    server = Redis(place)
    server.start()
    yield server
    server.stop()


def hasty(place: Path) -> Postgres:
    """A server that syncs nothing: a busy disk would make these tests slow, and no kill of a
    process loses what the kernel has."""
    return Postgres(place, durable=False)


def ask(dsn: str, *statements: str) -> object:
    """The first value that the last statement gives."""

    async def talk() -> object:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(talk())


def tell(server: Redis, *words: str) -> bytes:
    """What Redis answers to one command."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(server.socket))
        connection.sendall((" ".join(words) + "\r\n").encode())
        return connection.recv(4096)


def kill(server: Postgres | Redis) -> None:
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    assert wait_until(lambda: not server.alive(), 5)


def test_chinese_text_sorts_and_lowers(postgres: Postgres) -> None:
    assert ask(postgres.url, "select lower('卡密 ÄÉ ABC')") == "卡密 äé abc"
    assert ask(postgres.url, "select '卡密' ~ '\\w{2}'") is True
    words = "select string_agg(w, '' order by w) from unnest(array['退','卡','a','B']) w"
    assert ask(postgres.url, words) == "Ba卡退"
    assert ask(postgres.url, "show server_encoding") == "UTF8"


def test_nothing_listens_on_the_network(postgres: Postgres) -> None:
    assert ask(postgres.url, "show listen_addresses") == ""
    assert postgres.home.stat().st_mode & 0o077 == 0 or os.geteuid() == 0


def test_rows_survive_a_stop_and_a_start(postgres: Postgres) -> None:
    ask(postgres.url, "create table t (x int)", "insert into t values (7) returning x")
    postgres.stop()
    assert not postgres.alive()
    postgres.start()
    assert ask(postgres.url, "select x from t") == 7


@pytest.mark.parametrize("durable", [True, False])
def test_rows_survive_kills_of_postgres(place: Path, durable: bool) -> None:
    postgres = Postgres(place, durable=durable)
    postgres.start()
    ask(postgres.url, "create table t (x int)", "select 1")
    for number in range(3):
        ask(postgres.url, f"insert into t values ({number}) returning x")
        kill(postgres)
        postgres.start()
    assert ask(postgres.url, "select count(*) from t") == 3
    postgres.stop()


def test_acknowledged_entries_survive_a_kill_of_redis(redis: Redis) -> None:
    assert tell(redis, "XADD", "s", "1-1", "a", "b").endswith(b"1-1\r\n")
    kill(redis)
    assert redis.start() == redis.url
    assert tell(redis, "XLEN", "s") == b":1\r\n"
    assert b"noeviction" in tell(redis, "CONFIG", "GET", "maxmemory-policy")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_a_killed_parent_leaves_no_orphans_and_the_home_can_be_used_again(place: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, place], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert [running(pid) for pid in pids] == [True, True]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not any(_lives(pid) for pid in pids), 10)
    server = hasty(place)
    assert ask(server.start(), "select 1") == 1
    server.stop()


def _lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody buries is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_start_on_the_same_home_is_refused(postgres: Postgres) -> None:
    with pytest.raises(AlreadyRunning, match=rf"already runs .*process {os.getpid()}.*ZAIDE_HOME"):
        hasty(postgres.home).start()
    assert postgres.alive()
    assert ask(postgres.url, "select 1") == 1


def test_a_number_given_to_another_process_does_not_stop_a_start(postgres: Postgres) -> None:
    note = postgres.data / "postmaster.pid"
    said = note.read_text().splitlines()
    kill(postgres)
    note.write_text("\n".join([str(os.getppid()), *said[1:]]) + "\n")
    postgres.start()
    assert ask(postgres.url, "select 1") == 1


def test_an_orphan_is_ended_by_the_next_start(postgres: Postgres) -> None:
    heir = hasty(postgres.home)
    assert postgres._lock
    postgres._lock.close()  # as if its parent had died where the kernel tells children nothing
    heir.start()
    assert not postgres.alive()
    heir.stop()


@pytest.mark.parametrize("name", ["x" * 90, "a, b", "在 的"])
def test_any_path_will_do(place: Path, name: str) -> None:
    servers = hasty(place / name), Redis(place / name)
    try:
        for server in servers:
            server.start()
        assert ask(servers[0].url, "select 1") == 1
        assert tell(servers[1], "PING") == b"+PONG\r\n"
    finally:
        for server in servers:
            server.stop()


def test_an_unfinished_first_start_is_begun_anew(place: Path) -> None:
    (place / "pg.new").mkdir(parents=True)
    (place / "pg.new" / "half").write_text("a cluster")
    server = hasty(place)
    assert ask(server.start(), "select 1") == 1
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody")
def test_root_without_user_namespaces_runs_it_as_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.embedded.postgres.unprivileged", lambda: ([], home.NOBODY))
    place.parent.chmod(0o755)
    server = hasty(place)
    assert ask(server.start(), "select 1") == 1
    server.stop()
    monkeypatch.undo()
    assert ask(server.start(), "select 1") == 1
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody")
def test_a_home_nobody_can_reach_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.embedded.postgres.unprivileged", lambda: ([], home.NOBODY))
    with pytest.raises(StartFailed, match=r"nobody cannot reach .* DATABASE_URL"):
        hasty(place).start()


def test_a_missing_binary_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.embedded.binaries.find_spec", lambda _: None)
    monkeypatch.setattr("domain.embedded.binaries._installed_postgres", list)
    with pytest.raises(MissingServer, match=r"No PostgreSQL for .* set DATABASE_URL"):
        find_postgres()
    monkeypatch.undo()
    with pytest.raises(MissingServer, match=r"written by PostgreSQL 9"):
        find_postgres(9)


def test_a_full_disk_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_FREE_NEEDED", 1 << 60)
    with pytest.raises(StartFailed, match=r"No space: .* ZAIDE_HOME"):
        hasty(place).start()


def test_a_refused_option_is_told_with_the_log(place: Path) -> None:
    server = Postgres(place, durable=False, connections=-1)
    with pytest.raises(StartFailed, match=r"PostgreSQL did not start: .*pg\.log"):
        server.start()
    assert not server.alive()
    other = hasty(place)  # the lock was given back
    other.start()
    other.stop()


def test_ephemeral_servers_leave_nothing() -> None:
    with ephemeral() as servers:
        assert ask(servers.dsn, "show fsync") == "off"
        assert servers.redis_url.startswith("unix:///tmp/")
        folder, pids = servers.postgres.home, (servers.postgres.pid, servers.redis.pid)
    assert not folder.exists()
    assert not any(_lives(pid) for pid in pids if pid)
