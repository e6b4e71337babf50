"""What "auto" stands for: batch size and epochs as they suit a number of training rows.

Small sets need many passes in small batches; large ones few passes, since a pass alone holds many
updates. Both follow from one wish: a number of updates that grows slowly with the rows.
"""

from math import ceil, log2

SMALLEST_BATCH, LARGEST_BATCH = 32, 256  # rows
ROWS_PER_BATCH_ROW = 64  # the batch doubles whenever the rows double, between the two limits
FEWEST_UPDATES, MOST_UPDATES = 1_000, 12_000
FEWEST_EPOCHS, MOST_EPOCHS = 15, 150
EARLY_STOPPING_FROM = 10_000  # rows; fewer are all needed for training


def batch_size_for(rows: int) -> int:
    """Return the rows of a mini-batch for so many training rows: a power of two, or all rows.

    Example:
        >>> [batch_size_for(rows) for rows in (20, 500, 5_000, 1_000_000)]
        [20, 32, 64, 256]
    """
    wanted = 1 << round(log2(max(1, rows / ROWS_PER_BATCH_ROW)))
    return max(1, min(rows, LARGEST_BATCH, max(SMALLEST_BATCH, wanted)))


def epochs_for(rows: int, batch_size: int) -> int:
    """Return how many passes over so many training rows.

    Example:
        >>> [epochs_for(rows, batch_size_for(rows)) for rows in (100, 5_000, 1_000_000)]
        [150, 32, 15]
    """
    updates = min(MOST_UPDATES, max(FEWEST_UPDATES, rows // 2))
    epochs = ceil(updates * batch_size / rows)
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, epochs))
