"""Papers: what is printed, signed and put on file, as PDF and Word from one description of what they say."""
