"""What generic parts promise where HTTP cannot show it."""
