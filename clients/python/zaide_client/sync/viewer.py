from .base_model import BaseModel
from .enums import Role


class Viewer(BaseModel):
    viewer: "ViewerViewer"


class ViewerViewer(BaseModel):
    name: str
    role: Role
    locale: str


Viewer.model_rebuild()
