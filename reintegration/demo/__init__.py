"""Invented people and cases, walked through the real actions: the demo shows them, the tests stand on them."""
