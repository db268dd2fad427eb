"""What services that are forked off find loaded: else each of many lives begins with it."""

from cityloop.runtime import serve_events
from cityloop.usecases.warm_intake import warm_intake

__all__ = ["serve_events"]

warm_intake()
