"""Deviations: one durable record each, its history, acknowledgements, reasons and corrective actions."""
