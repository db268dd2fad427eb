"""Opening hours seen from a departure."""

from datetime import datetime

import pytest

from cityloop.feeds.opening_hours import can_be_read, open_windows
from cityloop.kernels.chains import NEVER

SATURDAY = datetime(2026, 11, 21, 21, 40)  # noqa: DTZ001  the city's clock
QUARTER_MS = 900_000


@pytest.mark.parametrize(
    ("hours", "windows"),
    [
        ("24/7", ((0, NEVER),)),
        ("Mo-Su 08:00-21:50", ((0, 600_000),)),
        ("Mo-Fr 09:00-18:00", ()),
        ("Sa 21:45-23:00", ((300_000, 4_800_000),)),
        ("Mo-Su 08:00-21:42,21:50-23:00", ((0, 120_000), (600_000, 4_800_000))),
        ("", None),
        ("ask next door", None),
    ],
)
def test_windows(hours, windows):
    assert open_windows(hours, SATURDAY, QUARTER_MS, "Asia/Shanghai", "CN") == windows


def test_the_night_in_which_the_clock_jumps_is_an_hour_shorter():
    # In Oslo on 29 March 2026 it is 03:00 after 01:59.
    late = datetime(2026, 3, 29, 1, 50)  # noqa: DTZ001
    assert open_windows("03:05-04:00", late, 7_200_000, "Europe/Oslo", "NO") == (
        (900_000, 4_200_000),
    )


@pytest.mark.parametrize(("hours", "readable"), [("Mo 08:00+", True), ("daily", False), ("", True)])
def test_what_cannot_be_read_is_told(hours, readable):
    assert can_be_read(hours) is readable
