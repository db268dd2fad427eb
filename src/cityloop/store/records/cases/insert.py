"""Many rows of a table in one statement: the way in for what comes many times a second.

Django's own way builds every statement anew, field by field, which costs more than the database.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

_Adapt = Callable[[Any], Any]


def insert_rows(rows: Sequence[models.Model], *returning: str) -> list[tuple[Any, ...]]:
    """Insert new rows of one table in one statement; a row whose unique key is taken is left out.

    A statement waits for other transactions that insert the same key; so that two never wait for
    each other, rows come in the order of their keys.

    Parameters
    ----------
    rows
        One or more, without identifiers. Their fields hold what the column takes, unchecked.
    *returning
        Columns that are wanted back.

    Returns
    -------
    These columns of each row that was inserted, in no order.
    """
    table = type(rows[0])._meta  # noqa: SLF001  Django's documented interface
    fields = _fields(type(rows[0]), connection.vendor)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(column) for _, column, _ in fields)
    one = f"({', '.join(['%s'] * len(fields))})"
    wanted = ", ".join(quote(name) for name in returning or ("id",))
    statement = (
        f"INSERT INTO {quote(table.db_table)} ({columns}) VALUES {', '.join([one] * len(rows))} "  # noqa: S608  names of ours
        f"ON CONFLICT DO NOTHING RETURNING {wanted}"
    )
    values = [adapt(getattr(row, name)) for row in rows for name, _, adapt in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [tuple(each) for each in cursor.fetchall()]


@cache
def _fields(model: type[models.Model], _vendor: str) -> tuple[tuple[str, str, _Adapt], ...]:
    """List attribute, column and what brings a value into the form that the database takes."""
    return tuple(
        (field.attname, str(field.column), _adapter(field))
        for field in model._meta.concrete_fields  # noqa: SLF001  as above
        if not field.primary_key
    )


def _adapter(field: "models.Field[Any, Any]") -> _Adapt:
    ops = connection.ops
    match field:
        case models.DateTimeField():
            return ops.adapt_datetimefield_value
        case models.JSONField():
            return lambda value: ops.adapt_json_value(value, None)
        case models.CharField() | models.TextField():
            # Members of enumerations are their texts.
            return lambda value: None if value is None else str(value)
        case _:
            return _same


def _same(value: Any) -> Any:  # noqa: ANN401  whatever the column takes
    return value
