"""Status reports: what a person says of a plan, beside what was computed of it then."""
