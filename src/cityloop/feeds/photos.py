"""Photos: told by their content, encoded anew, and so without the place and time in them."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

BYTES_MAX: Final = 12 << 20
PIXELS_MAX: Final = 60_000_000
SIDE_MAX_PX: Final = 2_000
KINDS: Final = ("JPEG", "PNG", "WEBP")


class PictureError(Exception):
    """A file that is no picture which we take: `large`, `unknown` or `broken`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A photo that was encoded anew.

    Attributes
    ----------
    name
        Of its file: the digest of its bytes.
    data
        JPEG, without metadata.
    width_px, height_px
        Its size.
    """

    name: str
    data: bytes
    width_px: int
    height_px: int


def read_picture(data: bytes) -> Picture:
    """Read what somebody sent as a photo.

    Parameters
    ----------
    data
        The file. What it calls itself does not count.

    Returns
    -------
    The picture, upright, at most 2,000 pixels wide or high.

    Raises
    ------
    PictureError
        If it is too large, of no kind that we take, or broken.
    """
    if len(data) > BYTES_MAX:
        raise PictureError("large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=KINDS) as opened:
                if opened.width * opened.height > PIXELS_MAX:
                    raise PictureError("large")
                plain = ImageOps.exif_transpose(opened).convert("RGB")
    except UnidentifiedImageError:
        raise PictureError("unknown") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, EOFError):
        raise PictureError("broken") from None
    plain.thumbnail((SIDE_MAX_PX, SIDE_MAX_PX))
    # A picture of its own: nothing that hung on the old one comes along.
    clean = Image.new("RGB", plain.size)
    clean.paste(plain)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=85)
    name = f"{hashlib.sha256(out.getvalue()).hexdigest()}.jpg"
    return Picture(name=name, data=out.getvalue(), width_px=clean.width, height_px=clean.height)
