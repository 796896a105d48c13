"""The papers of the later chapters."""
