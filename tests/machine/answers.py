"""What is answered to each command about a call, and what the plain model remembers of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.machine.model import OVERRIDABLE, Model, Row

Answer = frozenset[str] | tuple[str, ...]
"""The rules that refuse; or the names of the events that follow, in order."""
STOPS = {
    "non_association",
    "prisoner_released",
    "prisoner_transferred",
    "relationship_restriction",
    "visitor_restriction",
    "visitor_unapproved",
}


def no(rule: str) -> Answer:
    return frozenset({rule})


def place(model: Model, kind: str, wish: Row, now: datetime) -> Answer:
    """Reserve, ask for, or change a call."""
    refused = model.refusals(kind, wish, now)
    if refused:
        return frozenset(refused)
    slot = model.slot(wish["prison"], wish["session"], now)
    assert slot is not None
    seen = model.look(wish, slot, now)
    if kind == "change":
        return _change(model, wish, slot, seen, now)
    first: tuple[str, ...] = ()
    if wish["override"] and model.against(wish, slot, now) & OVERRIDABLE:
        first = ("BookingRuleOverridden",)
    first = (*first, *_given_back(model, wish, slot, seen, now))
    row = _row(model, wish, slot, seen)
    if kind == "reserve":
        lasts = timedelta(minutes=seen["booking"]["reservation_minutes"])
        model.calls[wish["call"]] = row | {
            "status": "reserved",
            "expires_at": min(now + lasts, slot["starts_at"]),
            "by": wish["by"],
        }
        return (*first, "CallReserved")
    for_staff = model.for_staff(wish, seen)
    model.calls[wish["call"]] = row | {
        "status": "requested" if for_staff else "booked",
        "asked_by": {wish["by"]},
        "decide_by": model.decide_by(seen, slot, now) if for_staff else None,
    }
    return (*first, "CallRequested", *(() if for_staff else ("CallRequestApproved", "CallBooked")))


def _given_back(model: Model, wish: Row, slot: Row, seen: Row, now: datetime) -> tuple[str, ...]:
    """Whoever reserved one place and takes another gives the first one back."""
    before = model.calls.get(wish["call"])
    if before is None or before["status"] != "reserved" or before["expires_at"] <= now:
        return ()
    same = all(
        (
            before["session"] == wish["session"],
            before["prisoner"] == wish["prisoner"],
            set(before["visitors"]) <= set(wish["visitors"]),
            before["device"] in {None, seen["device"]},
        )
    )
    return () if same else ("ReservationReleased",)


def _change(model: Model, wish: Row, slot: Row, seen: Row, now: datetime) -> Answer:
    call = model.calls[wish["call"]]
    same = (call["session"], call["minutes"], set(call["visitors"])) == (
        wish["session"],
        wish["minutes"],
        set(wish["visitors"]),
    )
    if same:
        return ()
    booked = call["status"] == "booked" and not model.for_staff(wish, seen)
    kept = {name: call[name] for name in ("flags", "flags_known", "asked_by")}
    model.calls[wish["call"]] = (
        _row(model, wish, slot, seen)
        | kept
        | {
            "status": "booked" if booked else "requested",
            "asked_by": call["asked_by"] | {wish["by"]},
            "decide_by": None if booked else model.decide_by(seen, slot, now),
        }
    )
    return ("BookingChanged",)


def _row(model: Model, wish: Row, slot: Row, seen: Row) -> Row:
    return {
        "call": wish["call"],
        "prison": wish["prison"],
        "session": wish["session"],
        "starts_at": slot["starts_at"],
        "minutes": wish["minutes"],
        "prisoner": wish["prisoner"],
        "visitors": wish["visitors"],
        "call_type": wish["call_type"],
        "month": slot["starts_at"].astimezone(_zone(seen)).isoformat()[:7],
        "video": seen["video"],
        "device": seen["device"],
        "counted": seen["kind"]["counted"],
        "started": False,
        "missed": False,
        "flags": {},
        "flags_known": set(),
        "asked_by": set(),
        "decide_by": None,
    }


def approve(model: Model, call: str, by: str, now: datetime) -> Answer:
    """A second person says yes, to what may still be held."""
    row = _asked(model, call)
    if row is None:
        return no("call_unknown")
    if row["status"] == "booked":
        return ()
    if by in row["asked_by"]:
        return no("second_person")
    if row["starts_at"] <= now:
        return no("session_over")
    if STOPS & set(row["flags"].values()):
        return no("flagged")
    policy = model.policy(row["prison"], now)
    day = row["starts_at"].astimezone(_zone({"zone": policy["time_zone"]})).date()
    mine = model.records(row["prisoner"])
    stands = set()
    if any(not any((one, v) in model.approved for one in mine) for v in row["visitors"]):
        stands.add("relationship_missing")
    if "refuse" in model.effects(row, day, policy):
        stands.add("barred")
    if stands:
        return frozenset(stands)
    row["status"] = "booked"
    return ("CallRequestApproved", "CallBooked")


def reject(model: Model, call: str, reason: str) -> Answer:
    """The prison says no, and why."""
    row = model.calls.get(call)
    if row is not None and row["status"] == "gone":
        return ()
    refused = _not_pending(model, call)
    if refused:
        return no(refused)
    if not reason.strip():
        return no("reason_missing")
    return _gone(model, call, "CallRequestRejected")


def withdraw(model: Model, call: str) -> Answer:
    """Whoever asked takes the request back."""
    row = model.calls.get(call)
    if row is not None and row["status"] == "gone":
        return ()
    refused = _not_pending(model, call)
    return no(refused) if refused else _gone(model, call, "CallRequestWithdrawn")


def auto_reject(model: Model, call: str, because: str, now: datetime) -> Answer:
    """Never before its time; and what was decided stays decided."""
    row = model.calls.get(call)
    if row is None or row["status"] != "requested":
        return ()
    if because == "minimum_notice" and (row["decide_by"] is None or now < row["decide_by"]):
        return ()
    return _gone(model, call, "CallRequestAutoRejected")


def cancel(model: Model, call: str) -> Answer:
    """The call is given up before it begins."""
    row = model.calls.get(call)
    if row is not None and row["status"] == "gone":
        return ()
    row = _asked(model, call)
    if row is None:
        return no("call_unknown")
    if row["started"]:
        return no("call_started")
    return no("call_missed") if row["missed"] else _gone(model, call, "BookingCancelled")


def release(model: Model, call: str, by: str) -> Answer:
    """A reserved place is given back by whom it is kept for."""
    row = model.calls.get(call)
    if row is None or row["status"] != "reserved":
        return ()
    if row["by"] != by:
        return no("reserved_by_another")
    row["status"] = "released"
    return ("ReservationReleased",)


def flag(model: Model, call: str, ident: str, kind: str) -> Answer:
    """A flag is raised once, on a call that is still to be held or runs."""
    row = _asked(model, call)
    if row is None or row["missed"] or ident in row["flags_known"]:
        return ()
    row["flags"][ident] = kind
    row["flags_known"].add(ident)
    return ("BookingFlagged",)


def unflag(model: Model, call: str, ident: str, reason: str) -> Answer:
    """Staff say why a flag no longer matters."""
    row = model.calls.get(call)
    if row is None or ident not in row["flags_known"]:
        return no("flag_unknown")
    if ident not in row["flags"] or row["status"] not in {"requested", "booked"} or row["missed"]:
        return ()
    if not reason.strip():
        return no("reason_missing")
    del row["flags"][ident]
    return ("BookingUnflagged",)


def _asked(model: Model, call: str) -> Row | None:
    """The call, if it was asked for or booked and stands."""
    row = model.calls.get(call)
    return row if row is not None and row["status"] in {"requested", "booked"} else None


def _not_pending(model: Model, call: str) -> str | None:
    row = _asked(model, call)
    if row is None:
        return "call_unknown"
    return "call_booked" if row["status"] == "booked" else None


def _gone(model: Model, call: str, name: str) -> Answer:
    model.calls[call]["status"] = "gone"
    return (name,)


def _zone(seen: Row) -> ZoneInfo:
    return ZoneInfo(seen["zone"])
