"""Which clocks of the later chapters run, chapter by chapter."""
