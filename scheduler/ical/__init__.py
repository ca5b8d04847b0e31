"""Calendar bytes (RFC 5545, RFC 7986): values in, bytes out, and a lint that reads them again.

Pure: the standard library, ``icalendar`` and the ground floor only. What the rest of the house uses:

- ``text.clean_text`` on everything a person types, when it is saved;
- ``writer.Event`` and ``writer.render_event``: one meeting → the finished VEVENT that is stored;
- ``writer.zones_in``: the zones a stored VEVENT names, stored beside it;
- ``writer.calendar_head``, ``writer.assemble``, ``writer.splice_alarm``: stored VEVENTs → a feed, by joining;
- ``lint.check`` before a VEVENT is stored, ``lint.lint_fragment`` and ``lint.lint_calendar`` for the reasons;
- ``zones.vtimezone``: the VTIMEZONE of a zone.

The rules F01–F22 that the bytes follow are listed in ``lint.RULES``. Not here: which meeting belongs in which feed
and who may read it (``feeds``), invitations and replies.
"""
