"""One city, seen once, acted on in loops: sense, work out, act, check that it helped."""
