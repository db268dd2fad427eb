"""What a controller has learnt, kept over a restart."""

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.store.records_json import UnfitError, decode_record, encode_record
from cityloop.store.whole_file import read_whole, write_whole
from cityloop.traffic.estimate.learnt import MOST, Learnt

FORMAT: Final = "cityloop-learnt"
VERSION: Final = 2


class _FileText(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    city: str
    learnt: dict[str, Any]


def write_learnt(path: Path, city: str, learnt: Learnt) -> None:
    """Write what has been learnt, whole or not at all.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    city
        Names what it was learnt of by its content.
    learnt
        What has been learnt.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    body = _FileText(format=FORMAT, version=VERSION, city=city, learnt=encode_record(learnt))
    write_whole(path, msgspec.json.encode(body) + b"\n")


def find_learnt(path: Path, city: str, like: Learnt) -> Learnt | None:
    """Read what has been learnt, if there is such a file.

    Parameters
    ----------
    path
        The file.
    city
        Names what it must have been learnt of.
    like
        What has the sizes that are needed.

    Returns
    -------
    What `write_learnt` was given, to the last bit; None if there is no file.

    Raises
    ------
    InputError
        If the file cannot be read, is none of ours, is of another city, or holds what cannot have
        been learnt.
    """
    if not path.exists():
        return None
    try:
        text = msgspec.json.decode(read_whole(path), type=_FileText)
        _check_whose(text, city)
        learnt = decode_record(Learnt, text.learnt, "$.learnt")
        _check(learnt, like)
    except UnfitError as error:
        place, cause = error.place, error.cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place, cause = "", f"the JSON is broken or is not ours ({error})"
    else:
        return learnt
    remedy = "give the state of this city, or another name to begin anew"
    raise InputError(file=path, place=place, cause=cause, remedy=remedy)


def _check_whose(text: _FileText, city: str) -> None:
    if (text.format, text.version) != (FORMAT, VERSION):
        raise UnfitError("$.format", f"this is no {FORMAT} of version {VERSION}")
    if text.city != city:
        raise UnfitError("$.city", "it was learnt of other roads, signals or stages")


def _check(learnt: Learnt, like: Learnt) -> None:
    """Check sizes, and that every value is one that can have been learnt."""
    for field in fields(Learnt):
        values, wanted = np.asarray(getattr(learnt, field.name)), getattr(like, field.name)
        place = f"$.learnt.{field.name}"
        if values.shape != np.shape(wanted):
            raise UnfitError(place, f"expected the shape {np.shape(wanted)}, found {values.shape}")
        most = MOST.get(field.name, 1.0)
        if not (np.isfinite(values).all() and (values >= 0).all() and (values <= most).all()):
            raise UnfitError(place, f"expected numbers from 0 to {most:g}")
