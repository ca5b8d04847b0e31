"""Places and towns, closed days and blocked periods."""
