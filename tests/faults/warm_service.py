"""What every service that is forked off finds loaded: else each of its many lives begins with it."""

from cityloop.runtime import serve_events
from cityloop.usecases.warm_intake import warm_intake

__all__ = ["serve_events"]

warm_intake()
