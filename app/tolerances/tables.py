"""Tables of tolerances."""
