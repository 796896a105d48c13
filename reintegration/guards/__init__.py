"""What must be true before a case moves on, chapter by chapter."""
