"""The speed suite: ratios of interleaved runs."""
