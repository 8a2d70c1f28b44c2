from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts, Page


class Orders(BaseModel):
    orders: "OrdersOrders"


class OrdersOrders(BaseModel):
    nodes: list["OrdersOrdersNodes"]
    page_info: "OrdersOrdersPageInfo" = Field(alias="pageInfo")
    total_count: int = Field(alias="totalCount")


OrdersOrdersNodes = OrderParts
OrdersOrdersPageInfo = Page
Orders.model_rebuild()
OrdersOrders.model_rebuild()
