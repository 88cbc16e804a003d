"""Messages to visitors: from what was planned to the words, the calendar's entry and the receipt."""
