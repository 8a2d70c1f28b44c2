from pydantic import Field

from .base_model import BaseModel
from .fragments import ConversationParts, Page


class Queue(BaseModel):
    queue: "QueueQueue"


class QueueQueue(BaseModel):
    nodes: list["QueueQueueNodes"]
    page_info: "QueueQueuePageInfo" = Field(alias="pageInfo")
    total_count: int = Field(alias="totalCount")


QueueQueueNodes = ConversationParts
QueueQueuePageInfo = Page
Queue.model_rebuild()
QueueQueue.model_rebuild()
