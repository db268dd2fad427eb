"""What is wrong with something that was read, in words that an engineer can act on."""

from enum import IntEnum

from cityloop.city.records import record


class Severity(IntEnum):
    """What a fault does."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


@record
class Fault:
    """One finding.

    Attributes
    ----------
    severity
        NOTE: good to know. WARNING: what runs is not what was meant. ERROR: it will not run.
    file
        The file that it is in.
    line
        The first line of it, from 1; 0 where the whole file is meant.
    cause
        What was found.
    remedy
        What to do.
    """

    severity: Severity
    file: str
    line: int
    cause: str
    remedy: str

    def __str__(self) -> str:
        """Say all of it in one line."""
        where = f"{self.file}: line {self.line}" if self.line else self.file
        return f"{where}: {self.cause}; {self.remedy}"
