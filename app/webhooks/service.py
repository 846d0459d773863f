"""Service of webhooks."""
