"""What is odd in an input that can be used, said to people."""

from typing import NamedTuple


class Remark(NamedTuple):
    """A sentence in both languages.

    Attributes
    ----------
    zh
        In Chinese.
    en
        In English.
    """

    zh: str
    en: str
