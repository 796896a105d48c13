"""What happens in the later chapters."""
