"""Tables of deviations."""
