"""Decisions of plans: what was asked, what was chosen and why, and what that changed."""
