"""Success metrics of plans: what is to become of a number by when, and how that goes."""
