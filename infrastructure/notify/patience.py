"""How patient the outbox is with a provider of messages."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Patience:
    """How long and how often is tried."""

    first_retry_s: int = 30
    growth: int = 3  # each wait is so many times the one before
    longest_retry_s: int = 2 * 3600
    attempts_max: int = 12  # about 15 hours
    doubt_s: int = (
        30  # before an attempt whose end nobody noted is looked into: the provider may still write it down
    )
    first_question_s: int = 10  # after sending, until the provider is asked what became of it
    longest_question_s: int = 3600
    questions_s: int = 4 * 86_400  # mobile networks try for three days

    def before_retry(self, attempts: int) -> timedelta:
        """The wait after so many attempts."""
        waits = self.first_retry_s * self.growth ** min(max(attempts - 1, 0), 20)
        return timedelta(seconds=min(waits, self.longest_retry_s))

    def before_question(self, since_s: float) -> timedelta:
        """The wait before the provider is asked again: as long as it took so far, within limits."""
        return timedelta(seconds=min(max(since_s, self.first_question_s), self.longest_question_s))
