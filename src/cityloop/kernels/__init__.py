"""Compiled loops: arrays in, arrays out; no objects, no input or output, no clock."""
