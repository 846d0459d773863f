"""Tolerances: how much drift is allowed before it is flagged, per workspace or plan; versioned."""
