"""An agent that sees what its search has found, and chooses what to query next."""
