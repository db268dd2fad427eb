"""Keeping what `adaptive` has learnt over a restart."""

import hashlib
from pathlib import Path

from cityloop.city.errors import InputError
from cityloop.store.fallback_file import digest_city
from cityloop.store.learnt_file import find_learnt, write_learnt
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.usecases.opened_city import City


def check_learns(control: str) -> None:
    """Refuse to keep what a controller has learnt that learns nothing.

    Parameters
    ----------
    control
        Its name.

    Raises
    ------
    InputError
        If it is not `adaptive`.
    """
    if control != Adaptive.name:
        raise InputError(
            file="--state",
            place="",
            cause=f"{control} learns nothing that could be kept",
            remedy=f"use it with --control {Adaptive.name}",
        )


def recall_learnt(path: Path, city: City, controller: Adaptive) -> None:
    """Let a controller go on from what has been learnt, if there is such a file.

    Parameters
    ----------
    path
        The file.
    city
        What it must be of.
    controller
        Who has learnt nothing yet.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    learnt = find_learnt(path, _digest(city, controller), controller.learnt)
    if learnt is not None:
        controller.learnt = learnt


def keep_learnt(path: Path, city: City, controller: Adaptive) -> None:
    """Write what a controller has learnt.

    Parameters
    ----------
    path
        The file; an older one is replaced, whole or not at all.
    city
        What it was learnt of.
    controller
        Who has learnt.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    write_learnt(path, _digest(city, controller), controller.learnt)


def _digest(city: City, controller: Adaptive) -> str:
    """Name roads, signals and stages: what is learnt is numbered by them."""
    stages = controller.stages
    chosen = hashlib.sha256(stages.start.tobytes() + stages.green.tobytes()).hexdigest()
    return digest_city(city.network, city.signals, city.table, city.programmes, chosen)
