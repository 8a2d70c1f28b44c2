"""The demo shop: people to log in as, a few thousand orders, articles, templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import structlog
import yaml

from domain import db
from domain.actors import Actor, Role, system
from domain.channels.actions import add_channel
from domain.clock import now
from domain.errors import NotAllowed
from domain.knowledge import actions as knowledge
from domain.orders import actions as orders
from domain.orders.actions import Owners
from domain.orders.connectors.demo import DemoOrder, generate
from domain.people import actions as people
from domain.people.models import Merchant, Team, Tier
from domain.settings import settings
from domain.shops import actions as shops
from domain.shops.models import Shop

SHOP = "demo"
STARTER = Path(__file__).parent / "knowledge" / "starter"
PAGE = 500
log = structlog.get_logger()


class Login(NamedTuple):
    """Somebody to log in as: what they are, their log-in, their password."""

    role: str
    login: str
    password: str


LOGINS = [
    Login("supervisor", "dana", "dana-zaide-demo"),
    Login("agent, technical and general", "alice", "alice-zaide-demo"),
    Login("agent, finance and merchant", "bob", "bob-zaide-demo"),
    Login("agent, security and general", "charlie", "charlie-zaide-demo"),
    Login("merchant owner", "mei", "mei-zaide-demo"),
]
_NAMES = {"dana": "Dana 高悦", "alice": "Alice 林晓", "bob": "Bob 陈立", "charlie": "Charlie 赵宁"}
_TEAMS = {
    "dana": ("general", "finance", "technical", "security", "merchant"),
    "alice": ("technical", "general"),
    "bob": ("finance", "merchant"),
    "charlie": ("security", "general"),
}
_MERCHANTS = (
    ("星辰数卡", Tier.ENTERPRISE),
    ("小海豚点卡", Tier.SMALL),
    ("极速充值铺", Tier.SMALL),
    ("南山会员屋", Tier.INDIVIDUAL),
    ("蓝鲸软件店", Tier.INDIVIDUAL),
)


def buyer(number: int) -> str:
    """The shop's own user id of its n-th buyer."""
    return f"buyer-{number:03d}"


async def is_empty() -> bool:
    """Whether this installation has no shop yet."""
    return not await Shop.exists()


async def seed() -> AsyncIterator[tuple[str, int, int]]:
    """Load the demo shop, once; yields (step, done, of) for a progress display.

    Raises NotAllowed in production: its passwords are written in this file.
    """
    if not settings().development:
        raise NotAllowed()
    if not await is_empty():
        return
    # All or nothing: a first run that was cut short begins again.
    async with db.unit_of_work():
        yield "people", 0, 1
        shop = await _shop()
        merchants = await _people(shop)
        yield "people", 1, 1
        async for done, of in _knowledge(shop):
            yield "knowledge", done, of
        async for done, of in _orders(shop, merchants):
            yield "orders", done, of


async def _shop() -> Shop:
    root = Actor(role=Role.ADMIN, shop_id=None, id=UUID(int=0), name="seed")
    shop = await shops.create_shop(root, SHOP, "星卡小铺", settings={"hours": "9:00–23:00"})
    await people.create_default_teams(system(shop.id))
    await add_channel(shop.id, "webchat", "网页客服")
    await add_channel(shop.id, "api", "通用接口")
    return shop


async def _people(shop: Shop) -> list[Merchant]:
    actor = system(shop.id)
    merchants = [
        await people.create_merchant(actor, f"m-{n}", name, tier)
        for n, (name, tier) in enumerate(_MERCHANTS)
    ]
    teams = {team.key: team for team in await Team.filter(shop_id=shop.id)}
    for _, login, password in LOGINS:
        person = await people.create_person(actor, login, _NAMES.get(login, "梅姐"), password)
        role = {"dana": Role.SUPERVISOR, "mei": Role.MERCHANT_OWNER}.get(login, Role.AGENT)
        merchant = merchants[0].id if role is Role.MERCHANT_OWNER else None
        grant = await people.grant(actor, person.id, shop.id, role, merchant)
        for key in _TEAMS.get(login, ()):
            await people.join_team(actor, teams[key].id, grant.id)
    return merchants


async def _knowledge(shop: Shop) -> AsyncIterator[tuple[int, int]]:
    articles = list(_articles())
    text = (STARTER / "templates.yaml").read_text("utf-8")
    templates: list[dict[str, Any]] = yaml.safe_load(text)["templates"]
    of = len(articles) + len(templates)
    for done, article in enumerate(articles, 1):
        await knowledge.publish(shop.id, article)
        yield done, of
    for done, template in enumerate(templates, len(articles) + 1):
        await knowledge.keep_template(shop.id, template)
        yield done, of


def _articles() -> Iterator[dict[str, Any]]:
    """The starter articles: YAML front matter between dashes, then Markdown."""
    for path in sorted(STARTER.glob("*.md")):
        _, front, body = path.read_text("utf-8").split("---\n", 2)
        yield {**yaml.safe_load(front), "body": body.strip()}


async def _orders(shop: Shop, merchants: list[Merchant]) -> AsyncIterator[tuple[int, int]]:
    every = list(generate(now()))
    for start in range(0, len(every), PAGE):
        page = every[start : start + PAGE]
        owners = {order.number: _owners(order, merchants) for order in page}
        await orders.mirror(shop.id, page, owners)
        yield min(start + PAGE, len(every)), len(every)


def _owners(order: DemoOrder, merchants: list[Merchant]) -> Owners:
    user = buyer(order.customer) if order.customer is not None else None
    return Owners(merchants[order.merchant].id, user)
