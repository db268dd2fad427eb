"""What cityloop keeps for itself: its own files, whole or not at all."""
