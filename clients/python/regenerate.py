"""Generate zaide_client/aio and zaide_client/sync from the printed schema and the operations.

The documents that they send are printed to schema/documents.json, for servers to know them.

    python clients/python/regenerate.py           write them
    python clients/python/regenerate.py --check   only say whether they are current

The generator cannot share an environment with the server, since each needs another graphql-core:
it has one of its own, made here from requirements-codegen.lock when it is missing or outdated.
"""

from __future__ import annotations

import argparse
import ast
import filecmp
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "schema" / "schema.graphql"
DOCUMENTS = SCHEMA.with_name("documents.json")
LOCK = HERE / "requirements-codegen.lock"
ENVIRONMENT = HERE / ".venv-codegen"
PACKAGES = ("aio", "sync")


def main() -> int:
    """Generate or check; 1 if something is not current, or could not be made."""
    parser = argparse.ArgumentParser(description="Generate the client from the printed schema.")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    check = parser.parse_args().check
    try:
        with tempfile.TemporaryDirectory(prefix="zaide-client-") as folder:
            package = generated(Path(folder))
            stale = differences(package)
            if stale and not check:
                _replace(package)
                DOCUMENTS.write_text(documents(package), encoding="utf-8")
    except subprocess.CalledProcessError as failure:
        print(failure.stderr or failure.stdout, file=sys.stderr)
        return 1
    state = "is current" if not stale else "is not current" if check else "was written"
    print(f"clients/python/zaide_client {state}.")
    print("".join(f"  {name}\n" for name in stale), end="")
    return int(check and bool(stale))


def generated(folder: Path) -> Path:
    """The package as it would be generated now, in an empty folder.

    Raises CalledProcessError when the generator cannot be installed, or refuses the operations.
    """
    generator = _generator()
    package = folder / "zaide_client"
    package.mkdir()
    shutil.copy(SCHEMA, folder / "schema.graphql")
    shutil.copytree(HERE / "operations", folder / "operations")
    for name in PACKAGES:
        config = HERE / "codegen" / f"{name}.toml"
        _run([str(generator), "--config", str(config)], folder)
    return package


def differences(package: Path) -> list[str]:
    """The files that differ between a generated package and the committed one, and the manifest."""
    found = []
    for name in PACKAGES:
        new, old = _files(package / name), _files(HERE / "zaide_client" / name)
        for file in sorted(new.keys() | old.keys()):
            same = file in new and file in old and filecmp.cmp(new[file], old[file], shallow=False)
            if not same:
                found.append(f"{name}/{file}")
    kept = DOCUMENTS.read_text(encoding="utf-8") if DOCUMENTS.exists() else ""
    return found if kept == documents(package) else [*found, "schema/documents.json"]


def documents(package: Path) -> str:
    """The manifest of what a package asks, as JSON: each document under the id it is named by."""
    found = {}
    for name in PACKAGES:
        for node in ast.walk(ast.parse((package / name / "client.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "gql":
                text = ast.literal_eval(node.args[0])
                found[f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"] = text
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _files(folder: Path) -> dict[str, Path]:
    return {file.name: file for file in folder.glob("*.py")}


def _replace(package: Path) -> None:
    for name in PACKAGES:
        target = HERE / "zaide_client" / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package / name, target)


def _generator() -> Path:
    """The generator's program, installed if need be."""
    kept = ENVIRONMENT / "requirements.lock"
    scripts = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
    if not kept.exists() or kept.read_bytes() != LOCK.read_bytes():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        quietly = ["--quiet", "--disable-pip-version-check", "--retries", "1"]
        locked = ["--no-deps", "--require-hashes", "-r", str(LOCK)]
        _run([str(scripts / "python"), "-m", "pip", "install", *quietly, *locked], HERE)
        shutil.copy(LOCK, kept)
    return scripts / "ariadne-codegen"


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
