"""The year planner: lays a year of meetings for all forums at once, and explains it. Pure: values in, values out.

``instance`` and ``plan`` are the exchange format, ``reading`` turns JSON into them with the place of what is wrong,
``checker`` scores a plan and shares no code with what makes plans. Not here: the database, the clock of the
installation, pages. numpy is imported by the modules that need it and by nothing above them.
"""
