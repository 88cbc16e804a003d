"""What the pictures of a call show, and what follows from it. Pure: no clock, no model; media time only."""
