"""Who may do what, their tokens, and the log of what they did."""
