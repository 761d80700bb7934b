"""Values and decisions of Kairos: pure, typed, without I/O, clock, dice or framework."""
