"""What an operator may set, by environment variables that begin with KINLINE_."""

import os
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from application.relay import Relay


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0))


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
        "your own (KINLINE_PACK)",
    )
    precision: Literal["fp32", "int8"] = Field(
        default="fp32",
        description="numbers the built-in networks compute in; int8 is quicker, and judges real calls only after an "
        "evaluation was accepted (`kinline models`)",
    )
    trial: str | None = Field(
        default=None,
        description="models that look at calls beside those that judge, when they have nothing else to do, and are "
        "never acted on: full, permissive, or either with @int8 (`kinline shadow --engine`)",
    )
    pack: str | None = Field(
        default=None, description="a pack: its name once it is installed (`kinline models`), or its folder"
    )
    pack_lock: Path | None = Field(
        default=None, description="the lock a pack is checked by; without it: the one it was installed with"
    )
    profile: Literal["operational", "development"] = Field(
        default="operational",
        description="operational: real calls depend on it, so a pack needs a verified commercial licence",
    )
    demo: bool = Field(default=False, description="a demonstration prison with sign-in links for each role")
    demo_links: tuple[DemoLink, ...] = Field(
        default=(), description="sign-in links; made by the demonstration"
    )
    media_address: str = Field(default="127.0.0.1", description="the one address media is sent from")
    media_allow: str = Field(
        default="", description="networks whose media candidates are taken, e.g. 10.0.0.0/8"
    )
    media_workers: int = Field(
        default_factory=lambda: max(1, cores() - 1),
        ge=1,
        description="processes that carry calls; without it: one less than there are processor cores",
    )
    media_calls_max: int = Field(default=5, ge=1, description="calls one media worker carries at once")
    media_lag_ms_max: int = Field(
        default=150,
        ge=1,
        description="a media worker whose loop is later than this (p95) takes no further call",
    )
    media_verdict_ms_max: int = Field(
        default=330,
        ge=1,
        description="a media worker whose verdicts take longer than this (p95) takes no further call: later "
        "than the paced delay of a prison's policy they would show as stalls",
    )
    turn_urls: str = Field(
        default="",
        description="the relay for networks that let nothing else through, parted by commas, e.g. "
        "turn:relay.example:3478?transport=udp,turns:relay.example:443?transport=tcp",
    )
    turn_secret_file: Path | None = Field(
        default=None, description="file with the secret shared with the relay (coturn: static-auth-secret)"
    )
    webhooks_allow: str = Field(
        default="127.0.0.1",
        description="hosts, addresses and networks, parted by commas, to which webhooks may be sent though they are "
        "not public, by http too; everything else has to be public and https",
    )
    postgres_restart_s: float = Field(
        default=0.2, ge=0, description="wait before the embedded PostgreSQL is started again"
    )

    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$",
        description="where visitors reach the pages, for links in messages; without it: host and port",
    )
    notifier: Literal["mailbox", "smtp", "notify"] = Field(
        default="mailbox",
        description="how visitors are told: notify (e-mail and text messages by GOV.UK Notify), smtp (e-mail), or "
        "mailbox: messages stay here, and in a demonstration can be read on a page",
    )
    notify_base_url: str = Field(
        default="https://api.notifications.service.gov.uk", description="where GOV.UK Notify answers"
    )
    notify_api_key_file: Path | None = Field(
        default=None, description="file with the API key of the service at Notify"
    )
    notify_template_email: str | None = Field(
        default=None, description="id of Notify's e-mail template: subject ((subject)), body ((body))"
    )
    notify_template_sms: str | None = Field(
        default=None, description="id of Notify's text message template: ((body))"
    )
    smtp_host: str | None = Field(default=None, description="mail server that takes our e-mail")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="its port")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the way to it is encrypted; none: only on this machine"
    )
    smtp_sender: str | None = Field(default=None, description="e-mail address that messages are from")
    smtp_user: str | None = Field(default=None, description="user at the mail server, if it asks for one")
    smtp_password_file: Path | None = Field(default=None, description="file with that user's password")

    @field_validator("notify_api_key_file", "smtp_password_file", "pack_lock", "turn_secret_file")
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        """Our processes may run in another folder than the one that the path was meant from."""
        return None if path is None else path.absolute()

    @field_validator("pack")
    @classmethod
    def _whole_folder(cls, pack: str | None) -> str | None:
        """A folder is known by its slash; a name has none."""
        return str(Path(pack).absolute()) if pack and "/" in pack else pack

    @model_validator(mode="after")
    def _notifier_complete(self) -> Self:
        needed = {
            "mailbox": (),
            "smtp": ("smtp_host", "smtp_sender"),
            "notify": ("notify_api_key_file", "notify_template_email", "notify_template_sms"),
        }
        missing = [name for name in needed[self.notifier] if getattr(self, name) is None]
        if missing:
            names = ", ".join(f"KINLINE_{name.upper()}" for name in missing)
            raise ValueError(f"To send messages by {self.notifier}, please set {names}.")
        return self

    @model_validator(mode="after")
    def _relay_complete(self) -> Self:
        if bool(self.turn_urls) != (self.turn_secret_file is not None):
            raise ValueError("A relay wants both KINLINE_TURN_URLS and KINLINE_TURN_SECRET_FILE.")
        return self

    @property
    def pages(self) -> str:
        """Where links in messages lead."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def sender(self) -> str:
        """The e-mail address that messages and calendar entries are from."""
        return self.smtp_sender or f"no-reply@{urlsplit(self.pages).hostname}"

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


def relay_of(settings: Settings) -> Relay:
    """The relay as it is set, with its secret. Raises OSError when the secret cannot be read."""
    if settings.turn_secret_file is None:
        return Relay()
    urls = tuple(url.strip() for url in settings.turn_urls.split(",") if url.strip())
    return Relay(urls, settings.turn_secret_file.read_text(encoding="utf-8").strip().encode())
