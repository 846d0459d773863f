"""What people read in a browser: the reference, the guides, and the frame that all pages share."""
