"""One verb per function; the only place where rooms meet."""
