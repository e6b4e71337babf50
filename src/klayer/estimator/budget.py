"""What "auto" stands for: batch size and epochs as they suit a number of training rows.

Small sets need many passes in small batches; large ones few passes, since a pass alone holds many
updates. The batches of an epoch are equally large, as far as that goes: a last batch of a few rows
would be normalised by poor statistics.
"""

from math import ceil

SMALLEST_BATCH, LARGEST_BATCH = 32, 256  # rows
BATCHES = 150  # in an epoch of larger sets, until the batch is as large as it may be
MOST_EPOCHS, FEWEST_EPOCHS = 50, 20
UPDATES = 10_000  # wanted, between the fewest and the most epochs
EARLY_STOPPING_FROM = 10_000  # rows; fewer are all needed for training


def batch_size_for(rows: int) -> int:
    """Return the rows of a mini-batch for so many training rows.

    Example:
        >>> [batch_size_for(rows) for rows in (20, 133, 9_000, 1_000_000)]
        [20, 34, 60, 257]
    """
    wanted = min(LARGEST_BATCH, max(SMALLEST_BATCH, rows / BATCHES))
    return ceil(rows / max(1, round(rows / wanted)))


def epochs_for(rows: int, batch_size: int) -> int:
    """Return how many passes over so many training rows.

    Example:
        >>> [epochs_for(rows, batch_size_for(rows)) for rows in (100, 40_000, 1_000_000)]
        [50, 50, 20]
    """
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, ceil(UPDATES * batch_size / rows)))
