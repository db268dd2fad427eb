"""The one error that a person may cause: an input that cannot be used."""

from pathlib import Path


class InputError(Exception):
    """Something a person gave us cannot be used, said in one line.

    Parameters
    ----------
    file
        The file, folder, option or name that was given.
    place
        Where in it: a line, an element, a key. Empty when the whole is meant.
    cause
        What was found, and what was expected.
    remedy
        What to do next.
    """

    def __init__(self, *, file: str | Path, place: str, cause: str, remedy: str) -> None:
        self.file = str(file)
        self.place = place
        self.cause = cause
        self.remedy = remedy
        where = f"{self.file}: {place}" if place else self.file
        super().__init__(" ".join(f"{where}: {cause}; {remedy}".split()))

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process, keywords and all."""
        return (_rebuild, (self.file, self.place, self.cause, self.remedy))


def _rebuild(file: str, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=file, place=place, cause=cause, remedy=remedy)
