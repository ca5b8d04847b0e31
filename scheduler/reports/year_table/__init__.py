"""The yearly plan as files: Excel, CSV and a paper for PDF."""
