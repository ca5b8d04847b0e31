"""The forms of the pages, one file an area, with the names of ``web/``. Values become right in the actions."""
