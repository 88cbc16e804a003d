"""What may be asked in the waiting room, and what the media worker reports from it."""

from datetime import timedelta

from domain.clearance import Side
from domain.event import Command
from domain.texts import Language
from domain.waiting_room.events import IdentityResult, SeenFace


class OpenWaitingRoom(Command):
    """Open the waiting room of a booked call. Sent by its deadline; who is on the call was looked up."""

    call: str
    prison: str
    session: str
    persons: tuple[str, ...]


class MakeDeclaration(Command):
    """Confirm the rules of the call, as they were shown in one version and language."""

    call: str
    prison: str
    side: Side
    person: str
    text_version: str
    language: Language
    told_by_staff: bool = False  # somebody in prison says that staff told them of the compact as well


class ArriveParticipant(Command):
    """A side connects."""

    call: str
    side: Side
    person: str
    prison: str | None = None  # whose calls must not be stopped; None: nobody asks


class ReportIdentity(Command):
    """What the comparison at admission came to, reported by the media worker."""

    call: str
    side: Side
    result: IdentityResult
    faces: tuple[SeenFace, ...]
    threshold: int
    engine: str


class AdmitParticipant(Command):
    """An officer who saw the people lets a side in, and says how many they are."""

    call: str
    side: Side
    people: int
    officer: str
    reason: str


class RefuseParticipant(Command):
    """An officer does not let a side in."""

    call: str
    side: Side
    officer: str
    reason: str


class NoteRefusalToAttend(Command):
    """An officer was told that the person in prison does not wish to take part."""

    call: str
    officer: str


class JoinAsMonitor(Command):
    """An officer takes the watch over a call."""

    call: str
    officer: str


class LeaveAsMonitor(Command):
    """The officer gives the watch up."""

    call: str
    officer: str


class StartCall(Command):
    """Start the call if everything is ready. Sent whenever something changed, and at its time."""

    call: str
    prison: str | None = None  # that was heard lately and has not stopped its calls; None: nobody asks

    @property
    def facts_days(self) -> tuple[str, ...]:
        """The days (UTC) on which the prison's systems were heard, as far back as any policy looks."""
        if self.prison is None:
            return ()
        return tuple(f"{self.prison}/{(self.at - timedelta(days=back)).date()}" for back in range(3))


class MissCall(Command):
    """The call's time is over: note that it was missed, if it did not start."""

    call: str
    prison: str | None = None  # which may have let nobody in; None: nobody asks


WaitingCommand = (
    OpenWaitingRoom
    | MakeDeclaration
    | ArriveParticipant
    | ReportIdentity
    | AdmitParticipant
    | RefuseParticipant
    | NoteRefusalToAttend
    | JoinAsMonitor
    | LeaveAsMonitor
    | StartCall
    | MissCall
)
