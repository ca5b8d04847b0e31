"""What a forum's rule requires of a period, and where the forum stands (spec cadence). Pure.

``rules`` the values, ``windows`` periods, active days and proration, ``evaluation`` the status on a day,
``bands`` what year strips and five-year bars draw, ``last_day`` the last day to meet and its sum,
``sentences`` status and rule in words, ``cases`` case files as JSON. ``phrases`` reads a rule from a source's
words, with ``tokens``, ``vocabulary``, ``finder`` and ``amounts`` behind it.
"""
