"""Texts that seem to be numbers with a unit, or with separators between their digits."""

import re
from collections.abc import Sequence

from klayer.data.cells import short

FEWEST = 3  # different texts: two are told apart as well by one-hot features
MOST_UNITS = 2  # such as g and kg; among more, what follows a number is a name, as in an address
LOOKED_AT = 1_000  # texts

_GROUPS = r"\d{1,3}(?:[,. '’\u00a0\u202f]\d{3})+"
_NUMBER = rf"[-+−]?\s?[$£€¥₹¢]?\s?(?:{_GROUPS}|\d+)(?:[.,]\d+)?"
_UNIT = r"[^\d,:;_-]{0,12}"
QUANTITY = re.compile(rf"{_NUMBER}({_UNIT})")
PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?")


def quantity_among(texts: Sequence[str]) -> str | None:
    """Return the first of some texts that is no plain number, where all seem to be quantities.

    A quantity is a number with a unit behind it, a sign of money before it, or separators in it.
    What number it is, is not guessed: 1.234 kg may be more or less than 2 kg.

    Args:
        texts: different ones, in the order that they have in the table.

    Returns:
        None where one of them is no quantity, where their units are too many, and where they are
        fewer than three.

    Example:
        >>> quantity_among(["80.5", "75 kg", "9 kg"]), quantity_among(["A 1", "A 2", "A 3"])
        ('75 kg', None)
    """
    units, example = set(), None
    for text in texts[:LOOKED_AT]:
        found = QUANTITY.fullmatch(text)
        if found is None:
            return None
        units.add(found[1].strip())
        if example is None and not PLAIN.fullmatch(text):
            example = text
    return example if len(texts) >= FEWEST and len(units - {""}) <= MOST_UNITS else None


def advice_on(texts: Sequence[str]) -> str:
    """Return what to do with a column of quantities, to stand behind a sentence; "" of others.

    Args:
        texts: as `quantity_among` takes them.

    Example:
        >>> advice_on(["1,050.50", "980.00", "2,400.00"])
        "; they seem to be quantities like '1,050.50': write plain numbers, without units and
        thousands separators, to use them as numbers"
    """
    example = quantity_among(texts)
    if example is None:
        return ""
    return (
        f"; they seem to be quantities like {short(example)}: write plain numbers, without units "
        "and thousands separators, to use them as numbers"
    )
