"""The gate: proposes nothing, proves or refuses."""
