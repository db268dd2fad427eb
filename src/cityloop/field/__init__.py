"""What a plan is applied to, simulated or real, behind one Protocol."""
