"""GOV.UK Notify: e-mail and text messages through its own client.

The words are ours, in versions: the service at Notify has two templates that pass them on, an e-mail
template with the subject `((subject))` and the body `((body))`, and a text message template `((body))`.
Our id of a message is its reference at Notify, by which it is found again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from application.ports import Delivery, Fate, Message, NotifierAway, NotTaken
from domain.contact import Channel
from domain.notification.events import FailedBecause

API_KEY_LETTERS_MIN = 73  # a service's id, a hyphen and a secret
OF_ADDRESS = ("email_address ", "phone_number ")  # how Notify begins what it says of an address
PATIENCE_S = 5  # for one answer; shorter than the time we have to end

_FATES: Mapping[str, Delivery] = {
    "created": Delivery(Fate.UNDER_WAY),
    "pending": Delivery(Fate.UNDER_WAY),
    "sending": Delivery(Fate.UNDER_WAY),
    "sent": Delivery(Fate.NOT_TOLD),  # abroad, where no network tells
    "delivered": Delivery(Fate.DELIVERED),
    "permanent-failure": Delivery(Fate.FAILED, permanent=True),
    "temporary-failure": Delivery(Fate.FAILED),
    "technical-failure": Delivery(Fate.FAILED),
}


@dataclass(frozen=True)
class NotifyTemplates:
    """The ids of the two templates that pass our words on."""

    email: str
    sms: str


class GovukNotify:
    """Notify, asked in a thread: its client waits for each answer."""

    name = "notify"
    channels = frozenset(Channel)

    def __init__(self, api_key: str, base_url: str, templates: NotifyTemplates) -> None:
        if len(api_key) < API_KEY_LETTERS_MIN:
            raise ValueError("The API key of GOV.UK Notify is too short: it holds a service id and a secret.")
        self._client = NotificationsAPIClient(api_key, base_url=base_url, timeout=PATIENCE_S)
        self._templates = templates

    async def send(self, message: Message) -> str:
        """Hand it over. An answer that says no is certain; one that does not come, or an ill server's, is not."""
        try:
            answer = await asyncio.to_thread(self._sent, message)
        except APIError as error:
            raise _refusal(error) from None
        return str(answer["id"])

    async def find(self, notification: str) -> str | None:
        """Notify's own id of the message, if it has it."""
        try:
            answer = await asyncio.to_thread(
                lambda: self._client.get_all_notifications(reference=notification)
            )
        except APIError:
            raise NotifierAway from None  # whatever it says: the question is not answered
        found = answer["notifications"]
        return str(found[0]["id"]) if found else None

    async def status(self, reference: str) -> Delivery:
        """What the mail server or the mobile network told Notify, which forgets it after some days."""
        try:
            answer = await asyncio.to_thread(lambda: self._client.get_notification_by_id(reference))
        except APIError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return Delivery(Fate.NOT_TOLD)
            raise NotifierAway from None
        return _FATES.get(answer["status"], Delivery(Fate.UNDER_WAY))

    def _sent(self, message: Message) -> Any:
        if message.channel is Channel.SMS:
            return self._client.send_sms_notification(
                phone_number=message.address,
                template_id=self._templates.sms,
                personalisation={"body": message.body},
                reference=message.notification,
            )
        return self._client.send_email_notification(
            email_address=message.address,
            template_id=self._templates.email,
            personalisation={"subject": message.subject, "body": message.body},
            reference=message.notification,
        )


def _refusal(error: APIError) -> NotTaken | NotifierAway:
    status = error.status_code
    if error.response is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return NotifierAway()
    if status == HTTPStatus.BAD_REQUEST and _is_about_address(error):
        return NotTaken(FailedBecause.REFUSED, again=False, permanent=True)
    # A wrong key, an unknown template, a used-up limit: the operator's to mend, and the message is kept.
    return NotTaken(FailedBecause.REFUSED, again=True)


def _is_about_address(error: APIError) -> bool:
    """Whether it complains of nothing but the address."""
    said = error.message if isinstance(error.message, list) else []
    return bool(said) and all(str(each.get("message", "")).startswith(OF_ADDRESS) for each in said)
