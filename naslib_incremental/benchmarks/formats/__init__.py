"""Readers of foreign files: nothing that a file names is ever run."""
