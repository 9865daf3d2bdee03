"""Every number of a report, as arrays and typed frames."""
