"""Signal performance measures from hi-res logs, one a file."""
