"""A stand-in with the interface of NASLib that optimizers meet, for tests without NASLib."""
