"""Working days, the Swedish almanac and deadlines counted from a meeting (spec cadence, "Deadlines").

``almanac`` what the ``holidays`` package says, ``rules`` working days and deadlines, ``observances`` what a
calendar shows beside them, ``wording`` dates in both languages, ``cases`` deadline files as JSON. Pure.
"""
