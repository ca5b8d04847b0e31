"""Plans of a year in the making: from the register and its meetings to a planning problem.

The room between the database and ``planning``, which knows no database. Not here: solving, judging and explaining.
"""
