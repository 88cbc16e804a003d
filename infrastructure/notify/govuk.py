"""GOV.UK Notify: e-mail and text messages through its own client.

The words are ours, in versions: the service at Notify has two templates that pass them on, an e-mail
template with the subject `((subject))` and the body `((body))`, and a text message template `((body))`.
Our id of a message is its reference at Notify, by which it is found again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from application.ports import Delivery, Fate, Message, NotifierAway, NotTaken
from domain.contact import Channel
from domain.notification.events import FailedBecause

API_KEY_LETTERS_MIN = 73  # a service's id, a hyphen and a secret
PATIENCE_S = 5  # for one answer; shorter than the time we have to end

T = TypeVar("T")

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
        answer = await _answered(lambda: self._sent(message))
        return str(answer["id"])

    async def find(self, notification: str) -> str | None:
        """Notify's own id of the message, if it has it."""
        answer = await _answered(lambda: self._client.get_all_notifications(reference=notification))
        found = answer["notifications"]
        return str(found[0]["id"]) if found else None

    async def status(self, reference: str) -> Delivery:
        """What the mail server or the mobile network told Notify."""
        answer = await _answered(lambda: self._client.get_notification_by_id(reference))
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


async def _answered(ask: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(ask)
    except APIError as error:
        status = error.status_code
        if error.response is None or status >= 500:
            raise NotifierAway from None
        if status == 400:
            raise NotTaken(FailedBecause.REFUSED, again=False, permanent=True) from None
        # A wrong key, a used-up limit, a missing template: the operator's to mend, and the message is kept.
        raise NotTaken(FailedBecause.REFUSED, again=True) from None
