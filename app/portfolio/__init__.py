"""The portfolio: what every plan comes to, kept by evaluations, and what needs attention first."""
