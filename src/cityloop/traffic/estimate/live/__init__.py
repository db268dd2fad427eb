"""Estimates that are kept up with the windows of the road: one estimate, one file."""
