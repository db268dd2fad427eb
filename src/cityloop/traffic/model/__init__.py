"""The macroscopic model of traffic: queues, profiles, platoons, storage."""
