"""The networks that `klayer check` checks unless told otherwise."""

from klayer.architecture import Architecture

HIDDEN = {
    2: (50,),
    3: (50, 50),
    4: (50, 50, 50),
    9: (50, 30, 20, 20, 10, 10, 10, 10),
}


def reference_networks(inputs: int, classes: int, epsilon: float = 1e-5) -> list[Architecture]:
    """Return networks of 2, 3, 4, 9 layers without and 2, 3, 9 with batch normalisation.

    Example:
        >>> [(a.depth, a.batch_norm) for a in reference_networks(inputs=20, classes=10)]
        [(2, False), (3, False), (4, False), (9, False), (2, True), (3, True), (9, True)]
    """
    cases = [(depth, False) for depth in (2, 3, 4, 9)] + [(depth, True) for depth in (2, 3, 9)]
    return [
        Architecture(inputs, HIDDEN[depth], classes, batch_norm, epsilon)
        for depth, batch_norm in cases
    ]
