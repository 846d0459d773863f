"""Schedule files taken into plans: read in a process of their own, checked, recorded all or nothing."""
