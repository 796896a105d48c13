"""The words of the notices that the later chapters send."""
