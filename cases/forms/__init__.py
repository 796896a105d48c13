"""What people type, checked and converted; saving is the actions' work."""
