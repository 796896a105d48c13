"""The pages of the later chapters."""
