"""The rows 6 to 12 of the step list, chapter by chapter."""
