"""Changes of the tables of cases, one after the other."""
