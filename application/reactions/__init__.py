"""What follows from events: each reaction turns an event into ordinary commands, now or at a time.

A reaction is a module with `NAME`, `EVENTS` and `react(recorded)`. Its commands get an id made from the
event and the reaction, so following the log again from the start does nothing twice.
"""

from application.reactions import (
    ask_reenrolment,
    close_record,
    close_taps,
    complete_in_time,
    decide_in_time,
    flag_bookings,
    free_officer,
    give_back_judging,
    go_on,
    hold_evidence,
    hold_for_monitor,
    lapse_barred,
    lapse_monitoring,
    leave_standby,
    miss_in_time,
    offer_released,
    open_in_time,
    pause_flagged,
    reject_in_time,
    remind_in_time,
    show_again_in_time,
    start_call,
    stop_calls,
    tell_people,
    tell_safeguarding,
    weed_in_time,
)
from application.reactions.reaction import Reaction, Reacts

REACTIONS: tuple[Reacts, ...] = (
    flag_bookings,
    reject_in_time,
    leave_standby,
    offer_released,
    free_officer,
    open_in_time,
    start_call,
    stop_calls,
    miss_in_time,
    go_on,
    hold_for_monitor,
    pause_flagged,
    complete_in_time,
    decide_in_time,
    show_again_in_time,
    close_record,
    tell_safeguarding,
    hold_evidence,
    close_taps,
    give_back_judging,
    lapse_monitoring,
    lapse_barred,
    weed_in_time,
    ask_reenrolment,
    tell_people,
    remind_in_time,
)

__all__ = ["REACTIONS", "Reaction", "Reacts"]
