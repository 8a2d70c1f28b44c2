"""Shop systems, one file per outside world, behind one protocol."""
