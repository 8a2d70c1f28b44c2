"""Every setting, read once from the environment. Nothing else in the project reads it.

Each name is documented in `.env.example`; a test holds the two against each other.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one installation.

    `DATABASE_URL` and `REDIS_URL` are plain names, as every host provides them; all others carry
    the prefix `ZAIDE_`. Unset URLs mean the embedded servers under `home`.
    """

    model_config = SettingsConfigDict(env_prefix="ZAIDE_", extra="ignore", populate_by_name=True)

    home: Path = Field(default=ROOT / ".zaide", description="where data, keys and sockets are kept")
    host: str = Field(default="127.0.0.1", description="address the API listens on")
    port: int = Field(default=8700, ge=0, le=65535, description="port the API listens on")
    env: Literal["development", "production"] = Field(
        default="development",
        description="production: secure cookies, no introspection, no IDE, no demo log-ins shown",
    )
    public_url: str = Field(default="", description="address people reach us at; empty: host:port")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    database_pool: int = Field(
        default=10,
        ge=2,
        le=200,
        description="connections per process; an API process has 10 more for reads",
    )
    keys: str = Field(
        default="",
        description="encryption keys, 'id:base64,...', newest first; empty: a 0600 file in home",
    )
    workers: int = Field(default=1, ge=1, le=32, description="worker processes `up` starts")
    apis: int = Field(default=1, ge=1, le=32, description="API processes `up` starts")
    model: Path = Field(default=ROOT / "workers" / "model", description="folder of the model")
    shadow_model: str = Field(
        default="",
        description="version or folder of a model that reads along on trial; empty: none",
    )
    called_from: str = Field(
        default="", description="folder that the names of files given to a command start from"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    max_body: int = Field(default=256 * 1024, ge=1024, description="bytes of a request's body")
    max_sockets: int = Field(
        default=5000, ge=1, description="sockets and streams of subscribers per API process"
    )
    max_connections: int = Field(
        default=8000, ge=1, description="connections of any kind per API process, idle ones too"
    )
    max_message: int = Field(default=4000, ge=1, le=20000, description="characters of one message")
    login_attempts: int = Field(
        default=8, ge=1, description="failed log-ins per quarter of an hour"
    )
    rate_per_minute: int = Field(default=600, ge=1, description="requests a minute per caller")
    documents: Literal["any", "trusted"] = Field(
        default="any",
        description="GraphQL documents that run; trusted: our own client's and those of the folder",
    )
    trusted_documents: str = Field(
        default="", description="folder of *.graphql files and *.json manifests; empty: none"
    )

    response_cache: int = Field(
        default=32, ge=0, le=4096, description="megabytes of shared answers kept; 0: none"
    )

    @property
    def development(self) -> bool:
        """Whether this is a developer's or a demo installation."""
        return self.env == "development"

    @property
    def base_url(self) -> str:
        """Where people reach this installation, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
