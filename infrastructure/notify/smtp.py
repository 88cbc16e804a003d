"""SMTP: e-mail through a server of one's own. It cannot send text messages, and never tells what became of one."""

import asyncio
import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from application.ports import Delivery, Fate, Message, NotifierAway, NotTaken
from domain.contact import Channel
from domain.notification.events import FailedBecause
from infrastructure.event_store import utc_now

PATIENCE_S = 5  # for each answer of the server
PERMANENT = 500  # from this reply code on the server will not take it later either


@dataclass(frozen=True)
class SmtpServer:
    """Where e-mail is handed over, and as whom."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = None


class SmtpNotifier:
    """An SMTP server, spoken to in a thread."""

    name = "smtp"
    channels = frozenset({Channel.EMAIL})

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, message: Message) -> str:
        """Hand it over under a Message-ID made of its id: sent twice, it is the same message."""
        mail = mail_of(message, self._server.sender)
        await asyncio.to_thread(self._hand_over, mail)
        return str(mail["Message-ID"])

    async def find(self, notification: str) -> str | None:
        """A mail server cannot be asked what it took over."""
        return None

    async def status(self, reference: str) -> Delivery:
        """Nor what became of it."""
        return Delivery(Fate.NOT_TOLD)

    def _hand_over(self, mail: EmailMessage) -> None:
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise NotTaken(FailedBecause.REFUSED, again=True) from error
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = max(code for code, _ in refused.recipients.values())
            raise _not_taken(code, of_address=True) from None
        except smtplib.SMTPResponseException as error:
            raise _not_taken(error.smtp_code, of_address=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotifierAway from error
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()  # what it says to that changes nothing

    def _connected(self) -> smtplib.SMTP:
        to = self._server
        trusted = ssl.create_default_context()
        if to.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=PATIENCE_S, context=trusted)
        else:
            server = smtplib.SMTP(to.host, to.port, timeout=PATIENCE_S)
        try:
            if to.tls == "starttls":
                server.starttls(context=trusted)
            if to.user is not None:
                server.login(to.user, to.password or "")
        except BaseException:
            server.close()
            raise
        return server


def mail_of(message: Message, sender: str) -> EmailMessage:
    """The message as e-mail, with the call's entry for a calendar beside it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Kinline <{sender}>", message.address, message.subject
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{message.notification}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language.value
    mail.set_content(message.body)
    if message.calendar is not None:
        mail.add_attachment(
            message.calendar.content.decode(),
            subtype="calendar",
            filename="call.ics",
            params={"method": message.calendar.method},
        )
    return mail


def _not_taken(code: int, *, of_address: bool) -> NotTaken:
    permanent = code >= PERMANENT
    return NotTaken(FailedBecause.REFUSED, again=not permanent, permanent=permanent and of_address)
