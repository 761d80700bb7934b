"""The face that people meet: the meaning of their updates, and the answers they get."""
