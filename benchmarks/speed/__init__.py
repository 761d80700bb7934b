"""How fast: each file prints a ratio against a named baseline that was measured in the same run."""
