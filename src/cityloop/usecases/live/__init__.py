"""The live picture: twins of a city side by side, what they show, and what is kept of it."""
