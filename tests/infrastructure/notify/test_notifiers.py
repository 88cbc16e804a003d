"""The ways to send messages, against servers that speak as the real ones do."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from application.ports import CalendarFile, Fate, Message, NotifierAway, NotTaken
from domain.contact import Channel
from domain.event import Purpose
from domain.texts import Language
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from infrastructure.notify.chosen import with_secrets
from infrastructure.notify.govuk import GovukNotify, NotifyTemplates
from infrastructure.notify.mailbox import KEPT, LocalMailbox
from infrastructure.notify.smtp import SmtpNotifier, SmtpServer
from infrastructure.settings import Settings
from infrastructure.vault import PostgresKeys
from tests.facts import NOTIFICATION, VISITOR
from tests.infrastructure.notify.servers import API_KEY, LOST, MailServer, NotifyServer
from tests.stores import NOW

MAIL = Message(
    notification=NOTIFICATION,
    person=VISITOR,
    channel=Channel.EMAIL,
    address="ann@example.com",
    language=Language.CY,
    subject="Mae eich galwad fideo wedi’i threfnu",
    body="Ar ddydd Llun, ŵ.\n.\nDiwedd\n",
    calendar=CalendarFile(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "CANCEL"),
)
SMS = replace(MAIL, channel=Channel.SMS, address="+447700900123", subject="", calendar=None)


# GOV.UK Notify


@pytest.fixture
def server() -> Iterator[NotifyServer]:
    with NotifyServer().running() as running:
        yield running


@pytest.fixture
def notify(server: NotifyServer) -> GovukNotify:
    return GovukNotify(API_KEY, server.url, NotifyTemplates("template-email", "template-sms"))


async def test_notify_gets_our_words_and_our_id(server: NotifyServer, notify: GovukNotify) -> None:
    references = [await notify.send(message) for message in (MAIL, SMS)]
    mail, sms = server.taken
    assert references == [mail["id"], sms["id"]]
    assert mail == {
        "id": mail["id"],
        "type": "email",
        "email_address": "ann@example.com",
        "template_id": "template-email",
        "personalisation": {"subject": MAIL.subject, "body": MAIL.body},
        "reference": NOTIFICATION,
    }
    assert (sms["type"], sms["phone_number"], sms["personalisation"]) == (
        "sms",
        "+447700900123",
        {"body": MAIL.body},
    )


async def test_notify_is_asked_whether_it_has_a_message(server: NotifyServer, notify: GovukNotify) -> None:
    assert await notify.find(NOTIFICATION) is None
    server.next_answers = [LOST]
    with pytest.raises(NotifierAway):
        await notify.send(MAIL)
    assert await notify.find(NOTIFICATION) == server.taken[0]["id"]


@pytest.mark.parametrize(
    ("said", "fate", "permanent"),
    [
        ("created", Fate.UNDER_WAY, False),
        ("sending", Fate.UNDER_WAY, False),
        ("something new", Fate.UNDER_WAY, False),
        ("sent", Fate.NOT_TOLD, False),
        ("delivered", Fate.DELIVERED, False),
        ("permanent-failure", Fate.FAILED, True),
        ("temporary-failure", Fate.FAILED, False),
        ("technical-failure", Fate.FAILED, False),
    ],
)
async def test_what_notify_says_of_a_message(
    server: NotifyServer, notify: GovukNotify, said: str, fate: Fate, permanent: bool
) -> None:
    reference = await notify.send(MAIL)
    server.statuses[NOTIFICATION] = said
    delivery = await notify.status(reference)
    assert (delivery.fate, delivery.permanent) == (fate, permanent)


@pytest.mark.parametrize(
    ("status", "complaint", "again", "permanent"),
    [
        (400, "email_address Not a valid email address", False, True),
        (400, "phone_number Not enough digits", False, True),
        (400, "template_id is not a valid UUID", True, False),
        (403, "Invalid token: API key not found", True, False),
        (429, "Exceeded rate limit", True, False),
    ],
)
async def test_an_answer_of_notify_that_says_no_is_certain(
    server: NotifyServer, notify: GovukNotify, status: int, complaint: str, again: bool, permanent: bool
) -> None:
    server.next_answers, server.complaint = [status], complaint
    with pytest.raises(NotTaken) as refused:
        await notify.send(MAIL)
    assert (refused.value.again, refused.value.permanent) == (again, permanent)


async def test_where_notify_is_ill_or_not_there_nothing_is_certain(
    server: NotifyServer, notify: GovukNotify
) -> None:
    server.next_answers = [503]
    with pytest.raises(NotifierAway):
        await notify.send(MAIL)
    nowhere = GovukNotify(API_KEY, "http://127.0.0.1:9", NotifyTemplates("a", "b"))
    with pytest.raises(NotifierAway):
        await nowhere.find(NOTIFICATION)


async def test_what_notify_has_forgotten_it_will_not_tell(server: NotifyServer, notify: GovukNotify) -> None:
    reference = await notify.send(MAIL)
    server.next_questions = [404, 403]
    assert (await notify.status(reference)).fate is Fate.NOT_TOLD
    with pytest.raises(NotifierAway):
        await notify.status(reference)


# SMTP


def _server(mail: MailServer, **changes: Any) -> SmtpNotifier:
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": mail.port, "sender": "no-reply@calls.example"}
    return SmtpNotifier(SmtpServer(**{**usual, "tls": "none", **changes}))


async def test_a_mail_carries_the_words_the_entry_and_an_id_made_of_ours() -> None:
    async with MailServer().running() as server:
        reference = await _server(server).send(MAIL)
    (mail,) = server.mails
    assert reference == mail["Message-ID"] == f"<{NOTIFICATION}@calls.example>"
    assert (mail["To"], mail["Subject"]) == ("ann@example.com", MAIL.subject)
    assert mail["From"] == "Kinline <no-reply@calls.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, calendar = mail.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == MAIL.body
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "CANCEL"
    assert calendar.get_filename() == "call.ics"


async def test_a_mail_sent_again_is_the_same_mail() -> None:
    async with MailServer().running() as server:
        notifier = _server(server)
        assert await notifier.send(MAIL) == await notifier.send(MAIL)
        assert await notifier.find(NOTIFICATION) is None
        assert (await notifier.status("any")).fate is Fate.NOT_TOLD


@pytest.mark.parametrize(
    ("word", "answer", "again", "permanent"),
    [
        ("RCPT", "550 no such user", False, True),
        ("RCPT", "450 try later", True, False),
        ("MAIL", "550 not you", False, False),
        ("CONTENT", "554 we do not like it", False, False),
        ("CONTENT", "451 disk full", True, False),
    ],
)
async def test_a_mail_server_that_says_no_has_not_taken_it(
    word: str, answer: str, again: bool, permanent: bool
) -> None:
    async with MailServer().running() as server:
        server.says[word] = answer
        with pytest.raises(NotTaken) as refused:
            await _server(server).send(MAIL)
    assert (refused.value.again, refused.value.permanent) == (again, permanent)
    assert server.mails == []


async def test_a_line_that_breaks_before_the_answer_leaves_doubt() -> None:
    async with MailServer().running() as server:
        server.says["CONTENT"] = ""
        with pytest.raises(NotifierAway):
            await _server(server).send(MAIL)
    assert len(server.mails) == 1


async def test_where_no_mail_server_is_nothing_was_taken() -> None:
    with pytest.raises(NotTaken) as refused:
        await _server(MailServer(), port=9).send(MAIL)
    assert refused.value.again


async def test_what_a_mail_server_says_to_our_good_bye_changes_nothing() -> None:
    async with MailServer().running() as server:
        server.says["QUIT"] = "500 what"
        assert await _server(server).send(MAIL)


async def test_a_mail_server_that_cannot_encrypt_gets_nothing() -> None:
    async with MailServer().running() as server:
        with pytest.raises(NotTaken):
            await _server(server, tls="starttls").send(MAIL)
    assert server.mails == []


async def test_a_mail_server_is_trusted_by_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with MailServer(tls=context).running() as server:
        with pytest.raises(NotTaken):
            await _server(server, tls="tls").send(MAIL)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await _server(server, tls="tls").send(MAIL)
    assert len(server.mails) == 1


def _certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody else trusts, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(pem, pkcs8, plain) + built.public_bytes(pem))
    return path


# The local mailbox


@pytest.mark.postgres
async def test_a_message_lies_in_the_mailbox_once_and_is_read_by_its_owner_alone(
    databases: Databases, keys: PostgresKeys
) -> None:
    async with Gateway(databases.app) as gateway:
        mailbox = LocalMailbox(gateway, keys, lambda: NOW)
        assert await mailbox.find(NOTIFICATION) is None
        reference = await mailbox.send(MAIL)
        assert await mailbox.send(MAIL) == reference == await mailbox.find(NOTIFICATION)
        (letter,) = await mailbox.letters(VISITOR)
        assert (letter.address, letter.subject, letter.body) == (MAIL.address, MAIL.subject, MAIL.body)
        assert letter.calendar is not None
        assert await mailbox.letters("visitor-2") == []
        stored = repr(await gateway.fetch("SELECT * FROM mailbox"))
        assert "ann@example.com" not in stored
        assert "Diwedd" not in stored


@pytest.mark.postgres
async def test_who_is_erased_has_no_letters_and_old_ones_are_forgotten(
    databases: Databases, keys: PostgresKeys
) -> None:
    async with Gateway(databases.app) as gateway:
        await LocalMailbox(gateway, keys, lambda: NOW).send(MAIL)
        await keys.destroy(VISITOR, Purpose.CONTACT)
        later = LocalMailbox(gateway, keys, lambda: NOW + KEPT + dt.timedelta(seconds=1))
        assert await later.letters(VISITOR) == []
        await later.send(replace(SMS, notification="00000000-0000-0000-0000-000000000002"))
        assert await gateway.fetchval("SELECT count(*) FROM mailbox") == 1


# The choice


def test_the_operator_chooses_the_way_and_is_told_what_is_missing(tmp_path: Path) -> None:
    assert with_secrets(Settings()) is None
    for way, missing in (("smtp", "KINLINE_SMTP_HOST"), ("notify", "KINLINE_NOTIFY_API_KEY_FILE")):
        with pytest.raises(ValidationError, match=missing):
            Settings(notifier=way)
    key = tmp_path / "key"
    given: dict[str, Any] = {"notify_template_email": "a", "notify_template_sms": "b", "notifier": "notify"}
    with pytest.raises(OSError, match="key"):
        with_secrets(Settings(notify_api_key_file=key, **given))
    key.write_text("short")
    with pytest.raises(ValueError, match="too short"):
        with_secrets(Settings(notify_api_key_file=key, **given))
    key.write_text(f"{API_KEY}\n")
    assert isinstance(with_secrets(Settings(notify_api_key_file=key, **given)), GovukNotify)
    smtp = with_secrets(Settings(notifier="smtp", smtp_host="mail.example", smtp_sender="a@calls.example"))
    assert isinstance(smtp, SmtpNotifier)


def test_links_and_the_sender_follow_from_where_the_pages_are() -> None:
    assert Settings(port=8080).pages == "http://127.0.0.1:8080"
    public = Settings(public_url="https://calls.example/prison")
    assert (public.pages, public.sender) == ("https://calls.example/prison", "no-reply@calls.example")
    with pytest.raises(ValidationError):
        Settings(public_url="calls.example")
