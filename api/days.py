"""Days and moments that a calendar is asked for: what lies beyond them is a slip of the keyboard."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from pydantic import AwareDatetime, Field

LONDON = ZoneInfo("Europe/London")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
FIRST, LAST = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (FIRST_DAY, LAST_DAY))

ADay = Annotated[date | None, Query(alias="day", ge=FIRST_DAY, le=LAST_DAY, description="a day; none: today")]
DayOfForm = Annotated[date | None, Form(alias="day", ge=FIRST_DAY, le=LAST_DAY)]
Moment = Annotated[AwareDatetime, Field(ge=FIRST, le=LAST)]
