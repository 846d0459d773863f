"""Webhooks: signed deliveries of what is announced, retried, logged and replayed."""
