"""What an operator may set, by environment variables that begin with KINLINE_."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DemoLink(BaseModel):
    """A sign-in link of a demonstration or rehearsal: whoever opens it is signed in in this role."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    token: str
    person: str
    role: str
    prison: str | None = None
    says: str  # what a newcomer can do with it


class Settings(BaseSettings):
    """One installation. Everything has a default that works on one machine, for that machine alone."""

    model_config = SettingsConfigDict(
        env_prefix="KINLINE_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data: Path = Field(default=Path("data"), description="folder of the database, keys, journals and logs")
    host: str = Field(default="127.0.0.1", description="address the pages are served on")
    port: int = Field(
        default=8000, ge=0, le=65535, description="port the pages are served on; 0: any free one"
    )
    database_url: str | None = Field(
        default=None, description="an external PostgreSQL, in place of the embedded one"
    )
    setup: Literal["full", "permissive", "pack"] | None = Field(
        default=None,
        description="the models that judge pictures; without it: full where the extra is installed; pack: one of "
        "your own for insightface, from the folder KINLINE_PACK, checked by the lock KINLINE_PACK_LOCK",
    )
    demo: bool = Field(default=False, description="a demonstration prison with sign-in links for each role")
    demo_links: tuple[DemoLink, ...] = Field(
        default=(), description="sign-in links; made by the demonstration"
    )
    media_address: str = Field(default="127.0.0.1", description="the one address media is sent from")
    media_allow: str = Field(
        default="", description="networks whose media candidates are taken, e.g. 10.0.0.0/8"
    )
    media_workers: int = Field(default=1, ge=1, description="processes that carry calls")
    media_calls_max: int = Field(default=5, ge=1, description="calls one media worker carries at once")
    webhooks_allow: str = Field(
        default="127.0.0.1",
        description="hosts, addresses and networks, parted by commas, to which webhooks may be sent though they are "
        "not public, by http too; everything else has to be public and https",
    )
    postgres_restart_s: float = Field(
        default=0.2, ge=0, description="wait before the embedded PostgreSQL is started again"
    )

    @property
    def run_folder(self) -> Path:
        """Sockets between our processes: private, and short enough for a Unix socket's address."""
        return self.data / "run"

    @property
    def keys(self) -> Path:
        """The keys that open the vault: a folder only we may read."""
        return self.data / "keys"

    @property
    def logs(self) -> Path:
        """One log file for each process."""
        return self.data / "logs"

    @property
    def journals(self) -> Path:
        """What media workers reported and the log has not acknowledged yet."""
        return self.data / "journals"
