"""The commands ``naslib-run`` and ``naslib-report``."""
