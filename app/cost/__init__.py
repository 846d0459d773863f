"""The money of a plan: planned, earned, spent; earned value and earned schedule."""
