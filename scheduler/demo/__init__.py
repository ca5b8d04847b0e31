"""The county register and a fictional year around it."""
