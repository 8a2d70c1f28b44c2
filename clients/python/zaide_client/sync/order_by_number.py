from datetime import datetime
from decimal import Decimal
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    OrderParts,
    OrderPartsMerchant,  # noqa: F401
)


class OrderByNumber(BaseModel):
    order: Optional["OrderByNumberOrder"] = Field(default=None)


class OrderByNumberOrder(OrderParts):
    cards: list["OrderByNumberOrderCards"]
    refunds: list["OrderByNumberOrderRefunds"]


class OrderByNumberOrderCards(BaseModel):
    last_four: str = Field(alias="lastFour")


class OrderByNumberOrderRefunds(BaseModel):
    amount: Decimal
    created_at: datetime = Field(alias="createdAt")


OrderByNumber.model_rebuild()
OrderByNumberOrder.model_rebuild()
