"""Redis: the embedded server, hot profiles, the live feed and the pacer. All of it can be rebuilt."""
