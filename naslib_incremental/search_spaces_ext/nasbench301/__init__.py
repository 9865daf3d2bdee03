"""Pairs of DARTS cells."""
