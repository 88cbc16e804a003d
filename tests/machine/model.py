"""Booking by plain dictionaries: what docs and docstrings say of it, written a second time.

Nothing of `domain.booking` is used here, no tag and no boundary: every call and every fact is looked at.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OVERRIDABLE = {"notice_min", "notice_max", "remand_week", "allowance", "session_full"}
HERE_ONLY = {
    "visitor_twice",
    "visitors_max",
    "adults_max",
    "children_max",
    "lead_adult",
    "relationship_missing",
    "barred",
    "guardian_missing",
    "prisoner_merged",
    "prisoner_elsewhere",
    "call_known",
    "call_unknown",
    "call_of_another",
    "call_opening",
    "reserved_already",
    "reserved_by_another",
    "session_unknown",
    "policy_missing",
    "reason_missing",
    "second_person",
}
"""Refusals that no other time changes."""
Row = dict[str, Any]


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def month_of(moment: datetime, zone: str) -> str:
    return day_of(moment, zone).isoformat()[:7]


def moment_of(day: date, clock: str, zone: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def ends(call: Mapping[str, Any]) -> datetime:
    end: datetime = call["starts_at"] + timedelta(minutes=call["minutes"])
    return end


def years(born: date, day: date) -> int:
    """How many birthdays have come; that of a leap day comes on 1 March."""
    return sum(
        1
        for year in range(born.year + 1, day.year + 1)
        if (year, born.month, born.day) <= (day.year, day.month, day.day)
    )


class Model:
    """Everything that was said so far."""

    def __init__(self) -> None:
        self.policies: dict[str, list[Row]] = {}
        self.prisoners: dict[str, Row] = {}
        self.apart: dict[str, tuple[str, str]] = {}
        self.born: dict[str, date | None] = {}
        self.approved: set[tuple[str, str]] = set()
        self.restrictions: dict[str, Row] = {}
        self.verified: set[str] = set()
        self.vouched: set[str] = set()
        self.appointments: dict[str, Row] = {}
        self.templates: dict[str, Row] = {}
        self.opened: dict[str, Row] = {}
        self.blocked: set[tuple[str, date, str | None]] = set()
        self.withdrawn: set[str] = set()
        self.given_s: dict[tuple[str, str], int] = {}
        self.calls: dict[str, Row] = {}

    # What is known

    def policy(self, prison: str, now: datetime) -> Row:
        """The newest version that has taken effect."""
        held = [version for version in self.policies[prison] if version["from"] <= now]
        document: Row = held[-1]["document"]
        return document

    def records(self, prisoner: str) -> set[str]:
        """The record, and every one that was ever merged into it, or into one of those."""
        into = {one for one, row in self.prisoners.items() if row["merged_into"] == prisoner}
        return {prisoner}.union(*(self.records(one) for one in into))

    def person(self, prisoner: str) -> set[str]:
        """Every record of the same person, whichever was kept."""
        kept = self.prisoners[prisoner]["merged_into"]
        return self.records(prisoner) if kept is None else self.person(kept)

    def kept_from(self, prisoner: str) -> set[str]:
        """Everybody whom the person must be kept apart from, under any record of theirs."""
        mine = self.records(prisoner)
        others = {one for pair in self.apart.values() if mine & set(pair) for one in pair} - mine
        return set().union(*(self.person(one) for one in others))

    def slot(self, prison: str, session: str, now: datetime) -> Row | None:
        """The time of this name, if the prison has it."""
        if session in self.opened:
            slot = self.opened[session]
            return slot if slot["prison"] == prison else None
        template, _, text = session.rpartition(".")
        if template not in self.templates:
            return None
        row = self.templates[template]
        return self._given(row, date.fromisoformat(text), now) if row["prison"] == prison else None

    def _given(self, row: Row, day: date, now: datetime) -> Row | None:
        zone = self.policy(row["prison"], now)["time_zone"]
        if day.weekday() != row["weekday"] or day < row["first"]:
            return None
        if row["retired"] is not None and day >= row["retired"]:
            return None
        begin = row["first"]
        while begin.weekday() != row["weekday"]:
            begin += timedelta(days=1)
        if (day - begin).days % (7 * row["every_weeks"]):
            return None
        return {
            **row,
            "session": f"{row['template']}.{day}",
            "starts_at": moment_of(day, row["starts"], zone),
        }

    def standing(self, now: datetime, without: str) -> list[Row]:
        """Every other call that has a place. A reservation is over when its time is."""
        return [
            call
            for call in self.calls.values()
            if call["call"] != without
            and (
                call["status"] in {"requested", "booked"}
                or (call["status"] == "reserved" and call["expires_at"] > now)
            )
        ]

    # What the rules say

    def ages(self, visitors: tuple[str, ...], day: date) -> dict[str, int]:
        known = {visitor: self.born[visitor] for visitor in visitors}
        return {visitor: years(born, day) for visitor, born in known.items() if born is not None}

    def effects(self, wish: Row, day: date, policy: Row) -> set[str]:
        """What the restrictions of the visitors, or of a pair, mean on the day."""
        mine = self.records(wish["prisoner"])
        return {
            policy["restrictions"][one["kind"]]
            for one in self.restrictions.values()
            if one["visitor"] in wish["visitors"]
            and (one["prisoner"] is None or one["prisoner"] in mine)
            and one["first"] <= day <= (one["last"] or day)
        }

    def look(self, wish: Row, slot: Row, now: datetime) -> Row:
        """Everything that a wish is compared with."""
        policy = self.policy(wish["prison"], now)
        booking, kind = policy["booking"], policy["call_types"][wish["call_type"]]
        zone = policy["time_zone"]
        day = day_of(slot["starts_at"], zone)
        ages = self.ages(wish["visitors"], day)
        children = [v for v in wish["visitors"] if ages.get(v, booking["adult_age"]) < booking["adult_age"]]
        adults = [v for v in wish["visitors"] if v not in children]
        others = self.standing(now, wish["call"])
        end = slot["starts_at"] + timedelta(minutes=wish["minutes"])
        effects = self.effects(wish, day, policy)
        during = [one for one in others if one["starts_at"] < end and slot["starts_at"] < ends(one)]
        used = {one["device"] for one in during}
        free = [one for one in slot["devices"] if one not in self.withdrawn and one not in used]
        return {
            "policy": policy,
            "booking": booking,
            "kind": kind,
            "zone": zone,
            "day": day,
            "today": day_of(now, zone),
            "ages": ages,
            "children": children,
            "adults": adults,
            "lead": wish["lead"] or (adults[0] if adults else None),
            "others": others,
            "end": end,
            "effects": effects,
            "video": "one_way" if "one_way" in effects else "both_ways",
            "during": during,
            "device": free[0] if free else None,
            "mine": self.records(wish["prisoner"]),
            "prisoner": self.prisoners[wish["prisoner"]],
        }

    def against(self, wish: Row, slot: Row, now: datetime) -> set[str]:
        """The names of all rules that say no, whether or not they may be set aside."""
        seen = self.look(wish, slot, now)
        return {
            *_of_people(self, wish, seen),
            *_of_time(self, wish, slot, seen, now),
            *_of_places(self, wish, slot, seen),
        }

    def refusals(self, kind: str, wish: Row, now: datetime) -> set[str]:
        """Why this wish is refused now; empty: it is not."""
        slot = self.slot(wish["prison"], wish["session"], now)
        if slot is None:
            return {"session_unknown"}
        known = self.calls.get(wish["call"])
        changes = kind == "change"
        before = (
            self._not_changeable(wish, known, now) if changes else self._not_askable(kind, wish, known, now)
        )
        return {before} if before else self.against(wish, slot, now) - (OVERRIDABLE & set(wish["override"]))

    def _not_changeable(self, wish: Row, known: Row | None, now: datetime) -> str | None:
        if known is None or known["status"] not in {"requested", "booked"}:
            return "call_unknown"
        if any(known[name] != wish[name] for name in ("prison", "prisoner", "call_type")):
            return "call_of_another"
        opens = timedelta(seconds=self.policy(known["prison"], now)["waiting_room"]["opens_before_s"])
        return "call_opening" if known["starts_at"] - opens <= now else None

    def _not_askable(self, kind: str, wish: Row, known: Row | None, now: datetime) -> str | None:
        if known is None or known["status"] == "released":
            return None
        if known["status"] != "reserved":
            return "call_known"
        if known["expires_at"] <= now:
            return None
        if kind == "reserve":
            return "reserved_already"
        return None if known["by"] == wish["by"] else "reserved_by_another"

    def alternatives(self, kind: str, wish: Row, now: datetime, refused: set[str]) -> list[str]:
        """By trying every time there is: the nearest at which the same wish would not be refused."""
        asked = self.slot(wish["prison"], wish["session"], now)
        if asked is None or refused & HERE_ONLY:
            return []
        policy = self.policy(wish["prison"], now)
        far, most = policy["booking"]["alternatives_days"], policy["booking"]["alternatives_max"]
        day = day_of(asked["starts_at"], policy["time_zone"])
        times = [
            slot
            for slot in self._times(wish["prison"], day, far, now)
            if slot["starts_at"] > now
            and slot["session"] != wish["session"]
            and abs((day_of(slot["starts_at"], policy["time_zone"]) - day).days) <= far
        ]
        times.sort(
            key=lambda one: (abs(one["starts_at"] - asked["starts_at"]), one["starts_at"], one["session"])
        )
        free = [one for one in times if not self.refusals(kind, {**wish, "session": one["session"]}, now)]
        return [one["session"] for one in free[:most]]

    def _times(self, prison: str, day: date, far: int, now: datetime) -> Iterator[Row]:
        yield from (slot for slot in self.opened.values() if slot["prison"] == prison)
        for row in self.templates.values():
            if row["prison"] == prison:
                days = (day + timedelta(days=number) for number in range(-far, far + 1))
                yield from (slot for slot in (self._given(row, one, now) for one in days) if slot is not None)

    def for_staff(self, wish: Row, seen: Row) -> list[str]:
        """The checks that need a person's decision."""
        policy, kind = seen["policy"], seen["kind"]
        alerts = {
            alert["code"]
            for record in seen["mine"]
            for alert in self.prisoners[record]["alerts"].values()
            if alert["until"] is None or seen["day"] <= alert["until"]
        }
        identity = policy["people"]["identity_required"] and kind["identity_required"]
        asks = {
            "policy": seen["booking"]["approval"] == "staff" and not kind["approved_by_rule"],
            "alert": bool(alerts & set(seen["booking"]["alerts_for_staff"])),
            "restriction": "staff" in seen["effects"],
            "one_way": "one_way" in seen["effects"],
            "identity": identity and any(one not in self.verified for one in seen["adults"]),
            "age_unknown": identity and any(one not in seen["ages"] for one in seen["adults"]),
            "support": bool(wish["support"].strip()),
            "override": bool(wish["override"]),
        }
        return [name for name, yes in asks.items() if yes]

    def decide_by(self, seen: Row, slot: Row, now: datetime) -> datetime:
        """The set time on the last day of notice, or the call's own start where that is over."""
        last = seen["day"] - timedelta(days=seen["booking"]["notice_days_min"])
        by = moment_of(last, seen["booking"]["auto_reject_at"], seen["zone"])
        start: datetime = slot["starts_at"]
        return by if now < by < start else start


def _has_place(call: Row, now: datetime) -> bool:
    return call["status"] in {"requested", "booked"} or (
        call["status"] == "reserved" and call["expires_at"] > now
    )


def _of_people(model: Model, wish: Row, seen: Row) -> Iterator[str]:
    visitors, booking = wish["visitors"], seen["booking"]
    if len(set(visitors)) < len(visitors):
        yield "visitor_twice"
    if len(visitors) > booking["visitors_max"]:
        yield "visitors_max"
    if len(seen["adults"]) > booking["adults_max"]:
        yield "adults_max"
    if len(seen["children"]) > booking["children_max"]:
        yield "children_max"
    lead = seen["lead"]
    if lead not in visitors or seen["ages"].get(lead, 99) < booking["lead_age"]:
        yield "lead_adult"
    if any(not any((one, visitor) in model.approved for one in seen["mine"]) for visitor in visitors):
        yield "relationship_missing"
    if "refuse" in seen["effects"]:
        yield "barred"
    if seen["policy"]["people"]["guardian_required"] and any(
        v not in model.vouched for v in seen["children"]
    ):
        yield "guardian_missing"
    if seen["prisoner"]["merged_into"] is not None:
        yield "prisoner_merged"
    if seen["prisoner"]["prison"] != wish["prison"]:
        yield "prisoner_elsewhere"


def _of_time(model: Model, wish: Row, slot: Row, seen: Row, now: datetime) -> Iterator[str]:
    booking, kind, start, minutes = seen["booking"], seen["kind"], slot["starts_at"], wish["minutes"]
    session_end = start + timedelta(minutes=slot["minutes"])
    if session_end <= now:
        yield "session_over"
    if minutes > slot["minutes"]:
        yield "outside_session"
    longest = (
        kind["minutes_max"]
        if kind["notice_waived"]
        else min(kind["minutes_max"], booking["call_minutes_max"])
    )
    if minutes > longest or minutes % booking["block_minutes"]:
        yield "call_length"
    part = {"public": "", "prisoner": "_prisoner", "staff": "_staff"}[wish["asked_as"]]
    least = max(kind["notice_days_min"], 0 if kind["notice_waived"] else booking[f"notice_days_min{part}"])
    ahead = (seen["day"] - seen["today"]).days
    if ahead < least:
        yield "notice_min"
    if ahead > booking[f"notice_days_max{part}"]:
        yield "notice_max"
    if (wish["prison"], seen["day"], None) in model.blocked:
        yield "date_blocked"
    if slot["template"] and (wish["prison"], seen["day"], slot["template"]) in model.blocked:
        yield "session_blocked"
    if wish["call_type"] not in slot["call_types"]:
        yield "call_type"
    if slot["categories"] and seen["prisoner"]["category"] not in slot["categories"]:
        yield "category"
    if slot["incentive_levels"] and seen["prisoner"]["incentive_level"] not in slot["incentive_levels"]:
        yield "incentive_level"
    wing = (seen["prisoner"]["location"] or "").split("-")[0]
    if slot["locations"] and wing not in slot["locations"]:
        yield "location"


def _of_places(model: Model, wish: Row, slot: Row, seen: Row) -> Iterator[str]:
    booking, kind, others, mine = seen["booking"], seen["kind"], seen["others"], seen["mine"]
    away = model.kept_from(wish["prisoner"])
    if kind["apart_matters"] and any(
        one["prisoner"] in away and day_of(one["starts_at"], seen["zone"]) == seen["day"] for one in others
    ):
        yield "non_association"
    people = mine | set(wish["visitors"])
    if any(people & {one["prisoner"], *one["visitors"]} for one in seen["during"]):
        yield "double_booking"
    if any(
        one["prisoner"] in mine and one["starts_at"] < seen["end"] and slot["starts_at"] < ends(one)
        for one in model.appointments.values()
    ):
        yield "appointment"
    counted = [one for one in others if one["prisoner"] in mine and one["counted"]]
    if kind["counted"] and seen["prisoner"]["conviction"] == "remand":
        week = _week(slot["starts_at"], seen["zone"])
        if (
            sum(_week(one["starts_at"], seen["zone"]) == week for one in counted)
            >= booking["remand_calls_a_week"]
        ):
            yield "remand_week"
    elif kind["counted"]:
        month = month_of(slot["starts_at"], seen["zone"])
        used = sum(one["minutes"] for one in counted if one["month"] == month)
        given = sum(model.given_s.get((one, month), 0) for one in mine) // 60
        if used + wish["minutes"] > booking["minutes_a_month"] + given:
            yield "allowance"
    same = [one for one in others if one["session"] == wish["session"]]
    stations = slot["stations"]
    if slot["one_way_stations"]:
        same = [one for one in same if one["video"] == seen["video"]]
        stations = slot["one_way_stations"] if seen["video"] == "one_way" else slot["stations"]
    if len(same) >= stations:
        yield "session_full"
    if slot["devices"] and seen["device"] is None:
        yield "device_taken"


def _week(moment: datetime, zone: str) -> tuple[int, int]:
    year, week, _ = day_of(moment, zone).isocalendar()
    return year, week
