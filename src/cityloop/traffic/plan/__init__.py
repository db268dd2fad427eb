"""Plans: cycle, splits, stage order, offsets."""
