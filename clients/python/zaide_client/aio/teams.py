from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import Presence


class Teams(BaseModel):
    teams: list["TeamsTeams"]


class TeamsTeams(BaseModel):
    id: str
    key: str
    name: str
    agents: list["TeamsTeamsAgents"]


class TeamsTeamsAgents(BaseModel):
    id: str
    name: str
    presence: Presence
    capacity: int
    load: Optional[int] = Field(default=None)


Teams.model_rebuild()
TeamsTeams.model_rebuild()
