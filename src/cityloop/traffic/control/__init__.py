"""Second-by-second controllers of the whole network, behind one Protocol."""
