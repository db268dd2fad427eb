"""Plans that people made, and experiments that they ordered."""
