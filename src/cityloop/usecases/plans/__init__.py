"""Plans that people make, have proven, apply and undo; corridors as people look at them."""
