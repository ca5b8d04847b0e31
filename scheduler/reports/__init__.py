"""What goes in and out as files: the register file, later exports."""
