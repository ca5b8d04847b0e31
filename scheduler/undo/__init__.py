"""Taking back a change of the register: whether it may be, which calendars it reaches, and doing it."""
