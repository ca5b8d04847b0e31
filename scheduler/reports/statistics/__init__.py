"""Reports over a year: what is counted, and the tables that a page, CSV and Excel show alike."""
