"""Who changed what and when, and the version counter of every calendar scope."""
