"""What is seen of the road, and from where."""
