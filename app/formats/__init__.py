"""Schedule files as plans, and plans as schedule files. Pure: bytes in, values out; no I/O, no clock."""
