"""Comparisons of controllers as jobs in the database: ordered, worked off, cancelled, reported."""
