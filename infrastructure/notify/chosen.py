"""The way to send messages that the operator chose."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from application.ports import Keys, Notifier
from infrastructure.gateway import Gateway
from infrastructure.notify.govuk import GovukNotify, NotifyTemplates
from infrastructure.notify.mailbox import LocalMailbox
from infrastructure.notify.smtp import SmtpNotifier, SmtpServer
from infrastructure.settings import Settings


def chosen_notifier(
    settings: Settings, gateway: Gateway, keys: Keys, now: Callable[[], datetime]
) -> Notifier:
    """The adapter that the settings choose. Raises as `with_secrets`."""
    return with_secrets(settings) or LocalMailbox(gateway, keys, now)


def with_secrets(settings: Settings) -> Notifier | None:
    """The adapter that sends messages away, with its secrets read from their files; None: they stay here.

    Raises `OSError` or `ValueError` with a sentence where something is missing.
    """
    match settings.notifier:
        case "mailbox":
            return None
        case "smtp":
            return SmtpNotifier(_smtp_server(settings))
        case "notify":
            templates = NotifyTemplates(
                str(settings.notify_template_email), str(settings.notify_template_sms)
            )
            return GovukNotify(_secret(settings.notify_api_key_file), settings.notify_base_url, templates)


def _smtp_server(settings: Settings) -> SmtpServer:
    password = settings.smtp_password_file
    return SmtpServer(
        host=str(settings.smtp_host),
        port=settings.smtp_port,
        sender=str(settings.smtp_sender),
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=None if password is None else _secret(password),
    )


def _secret(path: Path | None) -> str:
    if path is None:
        raise ValueError("A secret is read from a file, and none is named.")
    return path.read_text(encoding="utf-8").strip()
