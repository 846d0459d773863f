"""Generic parts; they know no resource."""
