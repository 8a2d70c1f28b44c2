"""What the demo shop sells, and what the card secrets of each look like."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # Printed codes avoid I, O, 0 and 1.


@dataclass(frozen=True, slots=True)
class Product:
    """Goods of one merchant (0 to 4): face values in yuan, what of it is paid, who hands it over.

    `title` has a place for the face value. `secret` makes one card secret.
    """

    title: str
    merchant: int
    face_values: tuple[int, ...]
    rate: Decimal
    secret: Callable[[random.Random], str]
    manual: bool = False

    def name(self, face_value: int) -> str:
        """The name on the order."""
        return self.title.format(face_value)

    def price(self, face_value: int) -> Decimal:
        """Yuan for one piece."""
        return face_value * self.rate


def _digits(count: int) -> Callable[[random.Random], str]:
    return lambda dice: "".join(dice.choices("0123456789", k=count))


def _blocks(count: int, size: int) -> Callable[[random.Random], str]:
    return lambda dice: "-".join("".join(dice.choices(_LETTERS, k=size)) for _ in range(count))


def _account(dice: random.Random) -> str:
    name = "".join(dice.choices("abcdefghkmnpqrstuvwxyz", k=6)) + str(dice.randint(100, 999))
    return f"{name}----{''.join(dice.choices(_LETTERS, k=10))}"


PRODUCTS: tuple[Product, ...] = (
    Product("移动话费充值卡 {} 元", 0, (30, 50, 100), Decimal("0.99"), _digits(18)),
    Product("联通话费充值卡 {} 元", 0, (30, 50, 100), Decimal("0.99"), _digits(19)),
    Product("话费慢充 {} 元（72 小时内到账）", 0, (100, 200), Decimal("0.94"), _digits(18), True),
    Product("Steam 充值码 {} 元", 1, (50, 100, 200, 500), Decimal("0.98"), _blocks(3, 5)),
    Product("PlayStation 点卡 {} 元", 1, (100, 200, 500), Decimal("1.02"), _blocks(3, 4)),
    Product("任天堂 eShop 点卡 {} 元", 1, (100, 300), Decimal("1.03"), _blocks(4, 4)),
    Product("手游点券 {} 元档", 2, (6, 30, 68, 128, 328, 648), Decimal("0.95"), _blocks(4, 4)),
    Product("手游点券代充 {} 元档", 2, (68, 328, 648), Decimal("0.9"), _digits(16), True),
    Product("Q币充值卡 {} 元", 2, (10, 50, 100), Decimal("0.985"), _digits(16)),
    Product("视频会员月卡（官方价 {} 元）", 3, (25, 30), Decimal("0.68"), _blocks(4, 4)),
    Product("视频会员年卡（官方价 {} 元）", 3, (248, 298), Decimal("0.75"), _blocks(4, 4)),
    Product("音乐会员季卡（官方价 {} 元）", 3, (45,), Decimal("0.8"), _blocks(3, 4)),
    Product("网盘超级会员月卡（官方价 {} 元）", 3, (30,), Decimal("0.82"), _account),
    Product("办公软件激活码（{} 元版）", 4, (128, 268), Decimal("0.5"), _blocks(5, 5)),
    Product("杀毒软件一年激活码（{} 元版）", 4, (98,), Decimal("0.6"), _blocks(5, 4)),
)
