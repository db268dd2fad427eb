"""Tables of citizens' cases."""
