from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import Figures


class FollowMetrics(BaseModel):
    metrics: Union[
        "FollowMetricsMetricsSubscribed",
        "FollowMetricsMetricsMetricsChanged",
        "FollowMetricsMetricsResync",
    ] = Field(discriminator="typename__")


class FollowMetricsMetricsSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowMetricsMetricsMetricsChanged(BaseModel):
    typename__: Literal["MetricsChanged"] = Field(alias="__typename")
    cursor: str
    metrics: "FollowMetricsMetricsMetricsChangedMetrics"


FollowMetricsMetricsMetricsChangedMetrics = Figures


class FollowMetricsMetricsResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowMetrics.model_rebuild()
FollowMetricsMetricsMetricsChanged.model_rebuild()
