"""What a forum's rule requires of a period, and where the forum stands (spec cadence). Pure.

``rules`` the values, ``tally`` what counts, ``windows`` periods, active days and proration, ``outcome`` windows that
have ended, ``evaluation`` the status on a day, ``last_day`` the last day to meet and its sum, ``years`` a year's
windows together, ``bands`` what year strips draw, ``sentences`` status and rule in words, ``cases`` case files as
JSON. ``phrases`` reads a rule from a source's
words, with ``tokens``, ``vocabulary``, ``finder`` and ``amounts`` behind it.
"""
