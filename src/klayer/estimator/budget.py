"""What "auto" stands for: batch size and epochs as they suit a number of training rows.

Small sets need many passes in small batches; large ones few passes, since a pass alone holds many
updates. The batches of an epoch are equally large, as far as that goes: a last batch of a few rows
would be normalised by poor statistics.
"""

from math import ceil

SMALLEST_BATCH, LARGEST_BATCH = 32, 64  # rows
BATCHES = 150  # in an epoch, until they are as large as they may be
EPOCHS = 50
MANY_ROWS = 10_000  # from here on a pass teaches more, and more rows need less of a penalty
EARLY_STOPPING_FROM = 10_000  # rows; fewer are all needed for training


def batch_size_for(rows: int) -> int:
    """Return the rows of a mini-batch for so many training rows.

    Example:
        >>> [batch_size_for(rows) for rows in (20, 133, 9_000, 1_000_000)]
        [20, 34, 60, 64]
    """
    wanted = min(LARGEST_BATCH, max(SMALLEST_BATCH, rows / BATCHES))
    return ceil(rows / max(1, round(rows / wanted)))


def epochs_for(rows: int) -> int:
    """Return how many passes over so many training rows: 50, then fewer by the fourth root.

    Example:
        >>> [epochs_for(rows) for rows in (100, 75_000, 1_000_000)]
        [50, 31, 16]
    """
    return ceil(EPOCHS * float(min(1.0, MANY_ROWS / rows) ** 0.25))


def alpha_for(rows: int) -> float:
    """Return α of the penalty for so many training rows: 1, then less in proportion.

    Example:
        >>> [alpha_for(rows) for rows in (100, 1_000_000)]
        [1.0, 0.01]
    """
    return min(1.0, MANY_ROWS / rows)
