"""Themes, strategies, activities, notices; sources, statements and where a value comes from."""
