"""What an inspection finds, one record each."""

from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.faults import Severity
from cityloop.city.records import record

SEVERITY_NAMES: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


@record
class Finding:
    """One thing that is wrong with a scenario, or good to know of it.

    Attributes
    ----------
    severity
        ERROR: it will not run, or shows road users what lets them crash or never serves them.
        WARNING: what runs is not what was meant, or not what the safety table asks for. NOTE: good
        to know.
    kind
        What, in a word that a program can look for: `never-green`, `demand`, ….
    signal_id
        The signal that it is about; empty where it is about none.
    file
        The file that it is in.
    place
        Where in it; empty where the whole file is meant.
    cause
        What was found.
    remedy
        What to do.
    """

    severity: Severity
    kind: str
    signal_id: str = ""
    file: str
    place: str = ""
    cause: str
    remedy: str

    def __str__(self) -> str:
        """Say all of it in one line, as an `InputError` does."""
        said = InputError(file=self.file, place=self.place, cause=self.cause, remedy=self.remedy)
        return f"{SEVERITY_NAMES[self.severity]}: {said}"
