"""NAS-Bench-101: its tables, and where they come from."""
