"""What clients are promised: the OpenAPI document, the registry of problems, the settings."""
