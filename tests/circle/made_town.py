"""A made town: a grid of streets, homes on them, and places where a test wants them."""

import numpy as np

from cityloop.city.people import Homes
from cityloop.city.places import Places
from cityloop.city.survey import Survey
from cityloop.city.ways import Open, Spots, WayKind, Ways, Wheelchair

BLOCK_M = 100.0
BOTH = Open.FOOT_THERE | Open.FOOT_BACK | Open.BICYCLE_THERE | Open.BICYCLE_BACK


def make_ways(columns: int = 6, rows: int = 6) -> Ways:
    """Lay out a grid; edge 0 begins in the south-west corner and runs to the east."""
    x, y = np.meshgrid(np.arange(columns) * BLOCK_M, np.arange(rows) * BLOCK_M)
    number = np.arange(columns * rows).reshape(rows, columns)
    ends = [
        np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1),
        np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1),
    ]
    head, tail = np.concatenate(ends).astype(np.int32).T
    n = len(head)
    return Ways(
        crs="+proj=tmerc +lat_0=30 +lon_0=120 +ellps=WGS84 +units=m",
        node_lon=120 + x.ravel() / 96_486,
        node_lat=30 + y.ravel() / 110_852,
        node_x_m=x.ravel(),
        node_y_m=y.ravel(),
        head=head.copy(),
        tail=tail.copy(),
        length_m=np.full(n, BLOCK_M),
        kind=np.full(n, WayKind.STREET, np.uint8),
        open_to=np.full(n, BOTH, np.uint8),
        wheelchair=np.full(n, Wheelchair.UNKNOWN, np.uint8),
        rough=np.zeros(n, bool),
        kerb=np.zeros(n, bool),
        incline=np.full(n, np.nan),
        way_names=("Long Street",),
        edge_name=np.zeros(n, np.int32),
    )


def make_places(*rows: dict[str, object]) -> Places:
    """Set places on edges; each row may say edge, share, type, hours, wheelchair, capacity."""
    n = len(rows)

    def texts(key: str) -> tuple[str, ...]:
        return tuple(str(row.get(key, "")) for row in rows)

    def numbers(key: str, otherwise: float) -> list[float]:
        return [float(str(row.get(key, otherwise))) for row in rows]

    return Places(
        place_ids=tuple(f"p{p}" for p in range(n)),
        names=texts("name"),
        names_zh=texts("name_zh"),
        names_en=texts("name_en"),
        tags=texts("tags"),
        register_types=texts("type"),
        sources=("made",) * n,
        lon=np.full(n, 120.0),
        lat=np.full(n, 30.0),
        hours=texts("hours"),
        wheelchair=np.array(numbers("wheelchair", 0), np.uint8),
        capacity=np.array(numbers("capacity", np.nan), np.float64),
        door_start=np.arange(n + 1, dtype=np.int32),
        doors=Spots(
            edge=np.array(numbers("edge", 0), np.int32),
            share=np.array(numbers("share", 0.5), np.float64),
            access_m=np.array(numbers("access_m", 0), np.float64),
        ),
    )


def make_homes(ways: Ways, people: float = 10.0, to_rim_m: float = 1e6) -> Homes:
    """Put one home in the middle of every edge."""
    n = len(ways.head)
    return Homes(
        lon=np.full(n, 120.0),
        lat=np.full(n, 30.0),
        spots=Spots(edge=np.arange(n, dtype=np.int32), share=np.full(n, 0.5), access_m=np.zeros(n)),
        people=np.full((n, 1), people),
        ages=("all",),
        neighbourhood=np.zeros(n, np.int32),
        neighbourhoods=("Town",),
        to_rim_m=np.full(n, to_rim_m),
        assumed=None,
    )


def make_survey(places: Places, ways: Ways | None = None, **homes: float) -> Survey:
    """Put a town together; its registers speak of every type that a place has."""
    ways = make_ways() if ways is None else ways
    return Survey(
        name="Madetown",
        timezone="Asia/Shanghai",
        country="CN",
        ways=ways,
        places=places,
        homes=make_homes(ways, **homes),
        registered=tuple(sorted({kind for kind in places.register_types if kind})),
        remarks=(),
    )
