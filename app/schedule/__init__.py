"""The schedule of a plan: early, late and projected dates, floats, and the reason for each of them."""
