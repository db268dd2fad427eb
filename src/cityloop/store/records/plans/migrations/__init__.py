"""Changes of the tables of plans and experiments, one after the other."""
