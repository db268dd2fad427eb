"""Processes: the doors for events, and what runs behind them."""
