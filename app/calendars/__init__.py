"""Working calendars, versioned."""
