"""The command `zaide`. The rest of the house is imported late, so that --help answers at once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from api import running
from api.preparing import Login
from domain.embedded import StartFailed
from domain.embedded.binaries import find_postgres, which_redis_shell
from domain.secrets import UnusableKeys
from domain.settings import ROOT, settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Zaide 在的: customer service for shops that sell virtual goods.",
    epilog="Settings come from the environment; .env.example lists all of them.",
)
console = Console(highlight=False)

RUN, DATA, BUILD = "Run", "Data", "Build"
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(rich_help_panel=RUN)
def up(
    host: Annotated[str, typer.Option(help="Address to listen on; default ZAIDE_HOST.")] = "",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one; default ZAIDE_PORT.")] = -1,
    demo: Annotated[bool, typer.Option(help="Fill an empty database with the demo shop.")] = True,
) -> None:
    """Start everything, say where to look, and keep it running until Ctrl-C.

    PostgreSQL and Redis are started too, unless DATABASE_URL and REDIS_URL are set.
    """
    from api.supervisor import Supervisor

    here = settings()
    chosen: dict[str, Any] = {"host": host or here.host, "port": port if port >= 0 else here.port}
    here = here.model_copy(update=chosen)
    if here.trusted_documents:
        from schema.documents import trusted

        trusted()  # Says what is wrong with the folder here, and not in a log.
    Supervisor(here, console, demo=demo and here.development).run()


@app.command(rich_help_panel=RUN)
def demo(
    customers: Annotated[int, typer.Option(min=1, help="How many talk at once.")] = 6,
    seconds: Annotated[float, typer.Option(help="Let nobody begin after so long; 0: all do.")] = 0,
    fast: Annotated[bool, typer.Option(help="Without the pauses that people make.")] = False,
) -> None:
    """Scripted customers talk to the running installation: watch them at the console.

    An empty database gets the demo shop first. It ends by itself, or on Ctrl-C.
    """
    from api.talk import NobodyOpens, talk

    if not settings().development:
        raise StartFailed("The demo is for development: its log-ins are known to everybody.")
    found = running.adopt_running()
    if not found and not settings().database_url:
        raise StartFailed("Nothing is running: start ./zaide up first, and leave it running.")
    with running.servers():
        _seed_shown()
    where = found.local_url if found else settings().base_url
    console.print(f"Customers come to {where}/demo; answer them at [bold]{where}/console[/]\n")
    try:
        talk(where, customers, seconds or None, fast=fast, console=console)
    except NobodyOpens as failure:
        raise StartFailed(str(failure)) from failure


@app.command(rich_help_panel=RUN)
def doctor() -> None:
    """Look at this machine and say what is missing, and what to do."""
    from api.doctor import examine

    raise typer.Exit(0 if examine(console) else 1)


@app.command(rich_help_panel=DATA)
def migrate() -> None:
    """Bring the database to the newest migration."""
    with running.servers():
        asyncio.run(_migrate())
    console.print("The database is current.")


@app.command(rich_help_panel=DATA)
def seed() -> None:
    """Fill an empty database with the demo shop; one that has shops is left alone."""
    with running.servers():
        _seed_shown()
    console.print("The demo shop is there.")


@app.command(hidden=True)
def prepare(demo: bool = False) -> None:
    """For `up`: migrate, then seed, with a line on standard output after each step."""
    asyncio.run(_migrate())
    typer.echo("migrated")
    if demo:
        logins = asyncio.run(_seed(lambda *step: typer.echo("{}: {} of {}".format(*step))))
        typer.echo(f"seeded {json.dumps(logins)}")


@app.command(rich_help_panel=DATA, context_settings=PASS_ON)
def dead(context: typer.Context) -> None:
    """Events that failed five times: `dead list`, `dead show ID`, `dead replay ID`."""
    _workers("dead", context.args)


@app.command(rich_help_panel=DATA, context_settings=PASS_ON)
def understand(context: typer.Context) -> None:
    """What the model reads: `understand "卡密无效"`, or `understand messages.csv --out FILE`."""
    _workers("understand", context.args)


@app.command(rich_help_panel=DATA)
def token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    shop: Annotated[str, typer.Option(help="The shop's key.")] = "demo",
    scope: Annotated[
        list[str] | None, typer.Option(help="Such as tickets:read; again for more; default: reads.")
    ] = None,
) -> None:
    """Issue an API token for a partner of a shop. It is printed once and stored as a hash."""
    running.adopt_running()
    if not settings().database_url:
        raise StartFailed("Nothing is running: start ./zaide up first, or set DATABASE_URL.")
    console.print(asyncio.run(_issued(name, shop, scope or [])), soft_wrap=True)


@app.command(rich_help_panel=DATA)
def psql() -> None:
    """A psql shell on the database in use."""
    running.adopt_running()
    url = settings().database_url
    if not url:
        raise StartFailed("Nothing is running: start ./zaide up first, or set DATABASE_URL.")
    shell = find_postgres().path.with_name("psql")
    _become([str(shell) if shell.exists() else "psql", url])


@app.command(rich_help_panel=DATA)
def redis() -> None:
    """A redis shell on the server in use, where one is installed."""
    running.adopt_running()
    url = settings().redis_url
    if not url:
        raise StartFailed("Nothing is running: start ./zaide up first, or set REDIS_URL.")
    shell = which_redis_shell()
    address = ["-s", url.removeprefix("unix://")] if url.startswith("unix:") else ["-u", url]
    _become([str(shell), *address])


@app.command(rich_help_panel=BUILD, context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run the quick tests, on two cores where there are; --all runs all of them, one by one.

    The rest goes to pytest.
    """
    words = [word for word in context.args if word != "--all"]
    quick = [] if "--all" in context.args else ["-m", "not slow"]
    paths = [] if any(not word.startswith("-") for word in words) else ["tests"]
    # Each core has servers of its own; what kills and times processes is left a quiet machine.
    apart = (
        ["-n", "2", "--dist", "loadfile"] if paths and quick and (os.cpu_count() or 1) > 1 else []
    )
    _become([sys.executable, "-m", "pytest", "-q", *quick, *apart, *words, *paths])


@app.command(rich_help_panel=BUILD)
def check() -> None:
    """Format, lint, strict types, imports and the printed schema, each with its time."""
    from api.check import run_all

    raise typer.Exit(0 if run_all(console) else 1)


@app.command(rich_help_panel=BUILD)
def schema(
    check: Annotated[bool, typer.Option(help="Only say whether the file is current.")] = False,
) -> None:
    """Print the GraphQL schema to schema/schema.graphql."""
    from schema.root import printed

    file = ROOT / "schema" / "schema.graphql"
    text = printed()
    current = file.exists() and file.read_text(encoding="utf-8") == text
    if check and not current:
        raise StartFailed("schema/schema.graphql is not current: run ./zaide schema.")
    if not check:
        file.write_text(text, encoding="utf-8")
    console.print(f"schema/schema.graphql {'is current' if current else 'was written'}.")


@app.command(rich_help_panel=BUILD)
def client(
    check: Annotated[bool, typer.Option(help="Only say whether the files are current.")] = False,
) -> None:
    """Generate clients/python from the printed schema."""
    generator = ROOT / "clients" / "python" / "regenerate.py"
    if not generator.exists():
        raise StartFailed("clients/python is not here: nothing to generate.")
    _become([sys.executable, str(generator), *(["--check"] if check else [])])


documents = typer.Typer(help="The GraphQL documents that are trusted.")
app.add_typer(documents, name="documents", rich_help_panel=BUILD)


@documents.callback(invoke_without_command=True)
def trusted_documents(context: typer.Context) -> None:
    """List the trusted documents: their operations, their files and their ids.

    Ours are those of the generated client; ZAIDE_TRUSTED_DOCUMENTS names a folder with more.
    """
    if context.invoked_subcommand is None:
        from schema.documents import trusted

        for each in trusted().values():
            names = ", ".join(name or "(no name)" for name in each.names)
            typer.echo(f"{each.id}  {names}  {each.file}")


@documents.command()
def manifest(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="*.graphql")],
) -> None:
    """Print the manifest of some files, each of them one document as it will be sent."""
    from schema.documents import in_file, manifest

    typer.echo(manifest(each.text for file in files for each in in_file(file)), nl=False)


@app.command(rich_help_panel=BUILD, context_settings=PASS_ON)
def model(context: typer.Context) -> None:
    """The model: `model --help` lists what can be done with it."""
    _workers("model", context.args)


@app.command(rich_help_panel=BUILD, context_settings=PASS_ON)
def bench(context: typer.Context) -> None:
    """What the README claims about speed: `bench --help` lists the figures."""
    running.adopt_running()
    _become([sys.executable, "-m", "bench", *context.args])


async def _migrate() -> None:
    from domain import db
    from domain.shops.actions import check_keys

    await db.migrate()
    await db.connect()
    try:
        await check_keys()
    finally:
        await db.close()


def _seed_shown() -> list[Login]:
    """Seed with a line that tells how far it is."""
    with console.status("Demo shop …") as line:
        return asyncio.run(
            _seed(lambda *step: line.update("Demo shop, {}: {} of {}".format(*step)))
        )


async def _seed(tell: Callable[[str, int, int], None]) -> list[Login]:
    """Seed if empty, and tell each step; gives the demo's log-ins."""
    from domain import db, demo

    await db.connect()
    try:
        async for step in demo.seed():
            tell(*step)
    finally:
        await db.close()
    return [(role, login, password) for role, login, password in demo.LOGINS]


async def _issued(name: str, shop: str, scopes: list[str]) -> str:
    """The text of a new token. Raises StartFailed with what was wrong, in words."""
    from domain import db, words
    from domain.actors import Role, system
    from domain.errors import DomainError
    from domain.people import actions, rules
    from domain.shops.queries import shop_by_key

    await db.connect()
    try:
        reads = [scope for scope in sorted(rules.SCOPES) if scope.endswith(":read")]
        actor = system((await shop_by_key(shop)).id)
        _, raw = await actions.issue_token(actor, name, Role.PARTNER, None, scopes or reads)
    except DomainError as error:
        field = f" ({error.field})" if error.field else ""
        raise StartFailed(words.say(error.code, "en", **error.params) + field) from error
    finally:
        await db.close()
    return raw


def _workers(*words: str | list[str]) -> NoReturn:
    """Only workers load the model and handle events, so they get these words."""
    running.adopt_running()
    flat = [part for word in words for part in ([word] if isinstance(word, str) else word)]
    _become([sys.executable, "-m", "workers", *flat])


def _become(command: list[str]) -> NoReturn:
    """Replace this process, so that signals and the exit status are the command's own."""
    os.chdir(ROOT)
    try:
        os.execvp(command[0], command)  # noqa: S606  no shell is wanted
    except OSError as error:
        raise StartFailed(f"{Path(command[0]).name} cannot be run: {error.strerror}.") from error


def main() -> None:
    """Run the command; a failure we know of is one sentence and status 1."""
    try:
        app(prog_name="./zaide")
    except (StartFailed, UnusableKeys) as failure:
        Console(stderr=True, highlight=False).print(
            f"[red]zaide:[/] {escape(str(failure))}", soft_wrap=True
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
