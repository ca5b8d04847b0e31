"""The register file of `takt load`: a county's organisations, forums, themes and sources as one YAML file.

``load`` reads it whole or refuses it whole, and changes only what nobody changed by hand since. Not here:
the command, exports, imports from spreadsheets.
"""

from scheduler.reports.register_file.loading import load
from scheduler.reports.register_file.report import LoadReport

__all__ = ["LoadReport", "load"]
