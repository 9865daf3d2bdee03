"""The commands ``naslib-run``, ``naslib-report`` and ``naslib-data``."""
