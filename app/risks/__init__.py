"""The risks of a plan: what they may cost, which room covers it, and what is prepared for them."""
