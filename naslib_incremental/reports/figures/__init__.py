"""The figures of a report; each is ``data()``, which its CSV file shows, and ``draw()``."""
