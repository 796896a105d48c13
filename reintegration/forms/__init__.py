"""The forms of the later chapters."""
