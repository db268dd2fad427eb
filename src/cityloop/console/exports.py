"""Tables for spreadsheets, in which no cell can become a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import HttpResponse

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


CSV: Final = "text/csv; charset=utf-8"


def neutral(cell: object) -> object:
    """Make a text that a spreadsheet would take for a formula into plain text.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a CSV file.

    Parameters
    ----------
    heads
        Names of the columns.
    rows
        The rows; numbers stay numbers.

    Returns
    -------
    UTF-8 with a byte order mark, by which spreadsheets know it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutral(each) for each in heads])
    writer.writerows([neutral(each) for each in row] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def csv_answer(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a CSV file to be kept.

    Parameters
    ----------
    name
        The file's name.
    heads
        Names of the columns.
    rows
        The rows; numbers stay numbers.

    Returns
    -------
    The file.
    """
    answer = HttpResponse(csv_bytes(heads, rows), content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
