"""What every room stands on: errors, seeds, files, registries, cached arrays."""
