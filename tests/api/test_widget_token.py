"""The shop's signed word about its user, and our own token for the widget."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from typing import Any

import jwt
import orjson
import pytest

from domain import secrets as keys
from domain.clock import now, travel
from domain.errors import BadCredentials, DomainError, Expired, Invalid, Unauthenticated
from domain.people import actions, widget
from domain.people.models import Customer, Nonce
from domain.settings import settings
from domain.shops.models import Shop
from domain.shops.queries import signing_secret
from tests import factories
from tests.api import doors
from tests.people import House


def word(of: Shop, /, *, key: str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """What a shop signs; a claim changed to None is left out."""
    at = int(now().timestamp())
    claims = {
        "sub": "u-eve",
        "name": "Eve",
        "aud": f"zaide:{of.key}",
        "nonce": secrets.token_urlsafe(12),
        "iat": at,
        "exp": at + 300,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or signing_secret(of), algorithm=algorithm)


def forged(raw: str, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The same token with other claims or another header, its signature kept."""
    head, body, signature = raw.split(".")

    def changed(part: str, more: dict[str, Any]) -> str:
        old = orjson.loads(base64.urlsafe_b64decode(part + "=="))
        return base64.urlsafe_b64encode(orjson.dumps({**old, **more})).decode().rstrip("=")

    return f"{changed(head, header or {})}.{changed(body, claims)}.{signature}"


async def refused(house: House, raw: str, error: type[DomainError]) -> None:
    """The shop's word is refused, and nobody was made and nothing was spent."""
    customers = await Customer.filter(shop_id=house.id).count()
    with pytest.raises(error):
        await actions.sign_in(house.shop, raw)
    assert await Customer.filter(shop_id=house.id).count() == customers
    assert await Nonce.filter(shop_id=house.id).count() == 0


# The shop's word


async def test_the_shops_word_names_its_user(house: House) -> None:
    customer = await actions.sign_in(house.shop, word(house.shop, name="小夏"))
    assert customer.id == house.eve.id
    assert customer.name == "小夏"


async def test_a_visitor_who_brings_the_shops_word_becomes_that_user(house: House) -> None:
    visitor = await actions.visitor(house.shop)
    customer = await actions.sign_in(house.shop, word(house.shop), visitor)
    assert customer.id == house.eve.id
    assert not await Customer.exists(id=visitor.id)


async def test_a_word_is_good_once(house: House) -> None:
    raw = word(house.shop, sub="u-new")
    await actions.sign_in(house.shop, raw)
    customers = await Customer.filter(shop_id=house.id).count()
    with pytest.raises(BadCredentials):
        await actions.sign_in(house.shop, raw)
    assert await Customer.filter(shop_id=house.id).count() == customers


async def test_a_nonce_is_forgotten_when_its_word_has_expired(house: House) -> None:
    raw = word(house.shop)
    await actions.sign_in(house.shop, raw)
    with travel(timedelta(minutes=11)):
        await actions.sign_in(house.shop, word(house.shop))
        assert await Nonce.filter(shop_id=house.id).count() == 1
        with pytest.raises(Expired):
            await actions.sign_in(house.shop, raw)


async def test_a_word_of_another_shop_or_for_another_is_refused(house: House) -> None:
    other = await factories.shop()
    await refused(house, word(other), Unauthenticated)
    await refused(house, word(house.shop, key=signing_secret(other)), Unauthenticated)
    await refused(house, word(house.shop, aud=f"zaide:{other.key}"), Unauthenticated)
    await refused(house, word(house.shop, aud=[f"zaide:{house.shop.key}"]), Unauthenticated)


async def test_only_hs256_signs(house: House) -> None:
    raw = word(house.shop)
    await refused(house, forged(raw, header={"alg": "HS512"}), Unauthenticated)
    await refused(house, forged(raw, header={"alg": "none"}), Unauthenticated)
    head, body, _ = forged(raw, header={"alg": "none"}).split(".")
    await refused(house, f"{head}.{body}.", Unauthenticated)
    await refused(house, forged(raw, sub="u-frank"), Unauthenticated)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"nonce": None}, Unauthenticated),
        ({"exp": None}, Unauthenticated),
        ({"iat": None}, Unauthenticated),
        ({"sub": None}, Unauthenticated),
        ({"aud": None}, Unauthenticated),
        ({"nonce": "short"}, Invalid),
        ({"nonce": "n" * 65}, Invalid),
        ({"sub": ""}, Invalid),
        ({"sub": "u" * 129}, Invalid),
        ({"name": 5}, Invalid),
        ({"email": "a" * 255}, Invalid),
        ({"name": "a\x00b"}, Invalid),
    ],
)
async def test_a_word_with_an_unusable_claim_is_refused(
    house: House, changes: dict[str, Any], error: type[DomainError]
) -> None:
    await refused(house, word(house.shop, **changes), error)


async def test_a_word_lives_ten_minutes_at_most_and_begins_about_now(house: House) -> None:
    at = int(now().timestamp())
    await refused(house, word(house.shop, exp=at + 601), Unauthenticated)
    await refused(house, word(house.shop, iat=at - 400, exp=at - 31), Expired)
    await refused(house, word(house.shop, iat=at + 60, exp=at + 120), Unauthenticated)
    await refused(house, word(house.shop, exp="soon"), Unauthenticated)
    await refused(house, word(house.shop, exp=10**30), Unauthenticated)
    await actions.sign_in(house.shop, word(house.shop, iat=at - 400, exp=at - 25))


@pytest.mark.parametrize("raw", ["", "a.b", "a.b.c", "é.é.é", "x" * 5000, "eyJ9.e30."])
async def test_what_is_no_token_is_refused(house: House, raw: str) -> None:
    await refused(house, raw, Unauthenticated)
    with pytest.raises(Unauthenticated):
        await widget.actor_of_widget(raw)


# Our own token


async def test_our_token_makes_a_customer_known_for_an_hour(house: House) -> None:
    eve = await Customer.get(id=house.eve.id)
    raw = widget.widget_token(eve)
    assert await widget.actor_of_widget(raw) == house.eve
    with travel(timedelta(hours=1, seconds=31)), pytest.raises(Expired):
        await widget.actor_of_widget(raw)
    async with doors.client() as client:
        answer = await client.get("/who", headers={"Authorization": f"Bearer {raw}"})
    assert answer.json() == {"actor": house.eve.ref}


async def test_a_customer_who_is_gone_is_nobody(house: House) -> None:
    visitor = await actions.visitor(house.shop)
    raw = widget.widget_token(visitor)
    assert (await widget.actor_of_widget(raw)).customer_id == visitor.id
    await actions.adopt(visitor, await Customer.get(id=house.eve.id))
    with pytest.raises(Unauthenticated):
        await widget.actor_of_widget(raw)


async def test_nobody_else_makes_our_tokens(house: House) -> None:
    other = await factories.house()
    raw = widget.widget_token(await Customer.get(id=house.eve.id))
    wrong = [
        forged(raw, sub=str(house.frank.id)),
        forged(raw, shop=str(other.id)),
        forged(raw, header={"alg": "none"}),
        forged(raw, header={"alg": "HS256"}),
        raw[:-3] + ("AAA" if raw[-3:] != "AAA" else "BBB"),
        raw.rsplit(".", 1)[0] + ".",
        word(house.shop, sub=str(house.eve.id), shop=str(house.id), aud="zaide-widget"),
        jwt.encode({"sub": str(house.eve.id)}, "", algorithm="none"),
    ]
    for token in wrong:
        with pytest.raises(Unauthenticated):
            await widget.actor_of_widget(token)


async def test_our_signature_on_another_kind_of_token_is_not_enough(house: House) -> None:
    at = int(now().timestamp())
    claims = {"sub": str(house.eve.id), "shop": str(house.id), "iat": at, "exp": at + 60}

    def signed(**more: str) -> str:
        return widget._OURS.encode(orjson.dumps({**claims, **more}), "", algorithm=widget._NAME)

    assert (await widget.actor_of_widget(signed(aud=widget.AUDIENCE))).id == house.eve.id
    for more in ({}, {"aud": "zaide-other"}, {"aud": widget.AUDIENCE, "sub": "eve"}):
        with pytest.raises(Unauthenticated):
            await widget.actor_of_widget(signed(**more))


async def test_our_token_outlives_a_rotation_of_keys(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keys.new_key("old"), keys.new_key("new")
    eve = await Customer.get(id=house.eve.id)
    monkeypatch.setattr(settings(), "keys", old)
    raw = widget.widget_token(eve)
    monkeypatch.setattr(settings(), "keys", f"{new},{old}")
    assert (await widget.actor_of_widget(raw)).id == eve.id
    monkeypatch.setattr(settings(), "keys", new)
    with pytest.raises(Unauthenticated):
        await widget.actor_of_widget(raw)
