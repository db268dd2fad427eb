"""Before and after: delay, stops and how sure we are of them."""
