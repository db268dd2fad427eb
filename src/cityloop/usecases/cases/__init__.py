"""What is done with citizens' cases, one verb a function, one transaction each."""
