"""The tests, ordered as the rooms of the package."""
