from .base_model import BaseModel
from .fragments import Figures


class Metrics(BaseModel):
    metrics: "MetricsMetrics"


MetricsMetrics = Figures
Metrics.model_rebuild()
