"""Road traffic: observe, estimate, plan, control, evaluate; and the gate that guards them."""
