"""Scenarios of plans: alternative changes, compared beside the plan as it is, and adopted."""
