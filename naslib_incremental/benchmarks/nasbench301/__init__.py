"""NAS-Bench-301: its surrogates, and where they come from."""
