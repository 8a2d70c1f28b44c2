"""docker-compose.yml and the Dockerfile: valid, without secrets, and their commands really run.

`compose-spec.json` is the Compose Specification's own schema, Apache-2.0 (compose-spec.LICENSE).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from domain.embedded import Servers, ephemeral
from domain.embedded.binaries import find_redis
from domain.embedded.processes import spawn, stop, wait_until
from domain.settings import ROOT, Settings
from tests.house.test_env_example import documented, variable

APPS = ("api", "workers", "migrate")
FILLED_IN = {"POSTGRES_PASSWORD": "a1b2c3", "ZAIDE_KEYS": "k1:" + "A" * 43 + "="}


def text() -> str:
    """The file as it is written."""
    return (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    """The file as Compose understands it, before variables are filled in."""
    return cast(dict[str, Any], yaml.safe_load(text()))


def fill_in(value: str) -> str:
    """Variables as Compose fills them in from an `.env` with only what must be there."""

    def one(match: re.Match[str]) -> str:
        return FILLED_IN.get(match["name"], match["default"] or "")

    filled = re.sub(r"(?<!\$)\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", one, value)
    return filled.replace("$$", "$")


def environment(service: str) -> dict[str, str]:
    """What a service's container has in its environment."""
    given: dict[str, str] = compose()["services"][service].get("environment", {})
    return {name: fill_in(value) for name, value in given.items()}


def test_it_follows_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(compose())


def test_the_images_are_the_official_ones_of_a_fixed_major_version() -> None:
    images = {name: service["image"] for name, service in compose()["services"].items()}
    assert images == {**dict.fromkeys(APPS, "zaide"), "postgres": "postgres:18", "redis": "redis:8"}


def test_it_holds_no_secret_and_refuses_to_start_without() -> None:
    for name in FILLED_IN:
        assert re.findall(rf"\$\{{{name}(..)", text()), name
        assert set(re.findall(rf"\$\{{{name}(..)", text())) == {":?"}, name
    assert "POSTGRES_HOST_AUTH_METHOD" not in text()


def test_every_variable_is_documented() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text()))
    assert used <= set(documented())
    known = {variable(name, field) for name, field in Settings.model_fields.items()}
    for service in APPS:
        assert set(environment(service)) <= known


def test_servers_are_not_published_and_the_api_only_on_this_machine() -> None:
    services = compose()["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in published["api"])
    assert compose()["networks"]["back"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["back"]


def test_containers_are_scalable_read_only_and_healthy_before_others_need_them() -> None:
    services = compose()["services"]
    for name, service in services.items():
        assert "container_name" not in service
        assert service["read_only"], name
        assert "no-new-privileges:true" in service["security_opt"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed]
    assert services["migrate"]["restart"] == "no"
    assert "healthcheck" in services["api"]


def test_the_image_runs_as_an_ordinary_user_and_holds_only_the_house() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER zaide" in lines
    assert "--require-hashes" in "\n".join(lines)
    copied = [
        line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line
    ]
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in kept
    assert {f"!{name}" for name in copied} == {line for line in kept if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_redis_takes_its_options(tmp_path: Path) -> None:
    command = [str(find_redis().path), *compose()["services"]["redis"]["command"][1:]]
    log = tmp_path / "log"
    own = ["--port", "0", "--dir", str(tmp_path), "--unixsocket", str(tmp_path / "sock")]
    server = spawn([*command, *own], log=log)
    try:
        assert wait_until(lambda: b"Server initialized" in log.read_bytes(), 10), log.read_text()
    finally:
        stop(server)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Local servers in the place of the containers."""
    with ephemeral() as both:
        yield both


@contextmanager
def running(service: str, servers: Servers, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A service's own command with its own environment; only addresses are ours."""
    with tempfile.TemporaryDirectory() as home:
        own = {"DATABASE_URL": servers.dsn, "REDIS_URL": servers.redis_url, "ZAIDE_HOME": home}
        given = {**os.environ, **environment(service), **own, "ZAIDE_PORT": str(port)}
        log = Path(home) / "log"
        command = [sys.executable, *compose()["services"][service]["command"][1:]]
        process = spawn(command, log=log, env=given, cwd=ROOT)
        try:
            yield process
        finally:
            stop(process)
            sys.stdout.write(log.read_text(errors="replace"))


def healthy(service: str, port: int) -> bool:
    """What the service's own health check says, asked once."""
    words: list[str] = compose()["services"][service]["healthcheck"]["test"][1:]
    ours = [word.replace(":8700/", f":{port}/") for word in words[1:]]
    asked = subprocess.run([sys.executable, *ours], capture_output=True, check=False, timeout=30)
    return asked.returncode == 0


@pytest.mark.slow
def test_each_service_starts_with_its_own_command_and_environment(servers: Servers) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running("migrate", servers, port) as migration:
        assert migration.wait(60) == 0
    with running("workers", servers, port) as workers, running("api", servers, port) as api:
        ended = (api.poll, workers.poll)
        wait_until(
            lambda: healthy("api", port) or any(end() is not None for end in ended), 90, every=0.5
        )
        time.sleep(1)
        assert [end() for end in ended] == [None, None]
        assert healthy("api", port)
