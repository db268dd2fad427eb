"""What is worked out from observations: one measure, one file."""
