"""Records as JSON values and back, each array with its type and shape."""

import math
import typing
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

T = TypeVar("T")

_Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
_UInt8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
_Float = float | Literal["nan", "inf", "-inf"]
_VALUES: Final[dict[str, Any]] = {
    "bool": tuple[bool, ...],
    "uint8": tuple[_UInt8, ...],
    "int32": tuple[_Int32, ...],
    "float64": tuple[_Float, ...],
}
_DIMENSIONS_MAX: Final = 4


class UnfitError(Exception):
    """A JSON value that does not fit the record that it should be.

    Parameters
    ----------
    place
        Where: a JSON path such as `$.network.lane_link`.
    cause
        What was found, and what was expected.
    """

    def __init__(self, place: str, cause: str) -> None:
        super().__init__(f"{place}: {cause}")
        self.place = place
        self.cause = cause


def encode_record(given: object) -> dict[str, Any]:
    """Turn a record into JSON values.

    Parameters
    ----------
    given
        A record whose fields are numbers, texts, None, tuples of these, other records, and arrays
        of the types that their annotations say: bool, uint8, int32 or float64.

    Returns
    -------
    A value for every field. An array is `{"dtype", "shape", "values"}`, its values row by row; NaN
    and the infinities are the texts `nan`, `inf` and `-inf`.

    Raises
    ------
    TypeError
        If an array is not of the type that its annotation says.
    """
    hints = typing.get_type_hints(type(given))
    encoded: dict[str, Any] = {}
    for field in fields(given):  # type: ignore[arg-type]
        value = getattr(given, field.name)
        dtype = _dtype_of(hints[field.name])
        if is_dataclass(value):
            encoded[field.name] = encode_record(value)
        elif dtype is None:
            encoded[field.name] = value
        elif value.dtype != dtype:
            msg = (
                f"{type(given).__name__}.{field.name} is {value.dtype}, its annotation says {dtype}"
            )
            raise TypeError(msg)
        else:
            encoded[field.name] = _encode_array(value)
    return encoded


def decode_record(cls: type[T], given: object, place: str) -> T:
    """Turn JSON values into a record.

    Parameters
    ----------
    cls
        The record's class.
    given
        What `encode_record` made, or anything else.
    place
        Where it stands, for messages.

    Returns
    -------
    The record.

    Raises
    ------
    UnfitError
        If a field is missing or unknown, or its value is not of its type.
    """
    if not isinstance(given, dict):
        raise UnfitError(place, f"expected an object with the fields of {cls.__name__}")
    hints = typing.get_type_hints(cls)
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    for name in names:
        if name not in given:
            raise UnfitError(place, f"the field {name} is missing")
    for name in given:
        if name not in names:
            raise UnfitError(place, f"there is no field {name[:60]!r} in {cls.__name__}")
    values = {}
    for name in names:
        dtype = _dtype_of(hints[name])
        here = f"{place}.{name}"
        if is_dataclass(hints[name]):
            values[name] = decode_record(hints[name], given[name], here)
        elif dtype is None:
            values[name] = _convert(given[name], hints[name], here)
        else:
            values[name] = _decode_array(given[name], dtype, here)
    return cls(**values)


def _dtype_of(hint: object) -> np.dtype[Any] | None:
    """Give the element type of an array's annotation, None for what is no array."""
    if typing.get_origin(hint) is not np.ndarray:
        return None
    (inner,) = typing.get_args(typing.get_args(hint)[1])
    dtype: np.dtype[Any] = np.dtype(inner)
    return dtype


def _encode_array(array: npt.NDArray[Any]) -> dict[str, Any]:
    values = array.ravel().tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        values = [value if math.isfinite(value) else str(value) for value in values]
    return {"dtype": array.dtype.name, "shape": array.shape, "values": values}


def _decode_array(given: object, dtype: np.dtype[Any], place: str) -> npt.NDArray[Any]:
    if not isinstance(given, dict) or given.keys() != {"dtype", "shape", "values"}:
        raise UnfitError(place, "expected an object of dtype, shape and values")
    if given["dtype"] != dtype.name:
        raise UnfitError(f"{place}.dtype", f"expected {dtype.name}")
    shape = _convert(given["shape"], tuple[_Int32, ...], f"{place}.shape")
    values = _convert(given["values"], _VALUES[dtype.name], f"{place}.values")
    fits = len(shape) <= _DIMENSIONS_MAX and all(side >= 0 for side in shape)
    if not fits or math.prod(shape) != len(values):
        raise UnfitError(
            f"{place}.shape", f"does not fit the {len(values)} values, found {list(shape[:5])}"
        )
    return np.array(values, dtype).reshape(shape)


def _convert(given: object, wanted: Any, place: str) -> Any:  # noqa: ANN401  whatever a hint says
    try:
        return msgspec.convert(given, wanted, strict=True)
    except msgspec.ValidationError as error:
        said, _, inside = str(error).partition(" - at `$")
        raise UnfitError(place + inside.rstrip("`"), said[:1].lower() + said[1:]) from None
