"""Which line of a network's backward pass to look at, from which parameters come out wrong.

Gradients flow from the output down, so whatever is wrong nearest the output is where the mistake
came in; everything below it is wrong only as a consequence.
"""

from collections.abc import Collection


def nearest_output(wrong: Collection[str]) -> list[str]:
    """Return the wrong parameters in the order in which the backward pass meets them.

    Example:
        >>> nearest_output(["W1", "b1", "gamma2", "W2"])
        ['gamma2', 'W2', 'W1', 'b1']
    """
    order = {"gamma": 0, "beta": 1, "W": 2, "b": 3}
    return sorted(wrong, key=lambda name: (-_layer(name), order[_field(name)]))


def locate(
    wrong: Collection[str],
    depth: int,
    batch_norm: bool,
    kind: str = "unknown",
    sampled: bool = False,
    dropout: bool = False,
) -> str:
    """Return where the mistake came in, as far as the wrong parameters tell.

    Args:
        wrong: names of the parameters whose gradients are wrong, at least one.
        depth: k, the number of affine layers.
        batch_norm: whether hidden layers are normalised.
        kind: of the mistake in the first of them.
        sampled: whether some entries were not compared, so that a parameter may be wrong unseen.
        dropout: whether activations are dropped.

    Returns:
        The place, to follow "look at".

    Example:
        >>> locate(["W1", "b1"], depth=2, batch_norm=False)
        'the backward of ReLU in layer 1, or dH of the affine layer 2'
    """
    first, layer = nearest_output(wrong)[0], max(_layer(name) for name in wrong)
    fields = {_field(name) for name in wrong if _layer(name) == layer}
    above = "dropout or ReLU" if dropout else "ReLU"
    from_above = f"the backward of {above} in layer {layer}, or dH of the affine layer {layer + 1}"
    if kind == "transposed":
        return f"d{_field(first)} of the affine layer {layer}"
    if kind == "penalty":
        return "the penalty"
    if layer < depth and fields & {"gamma", "beta"}:
        alone = f"d{_field(first)} of the batch normalisation in layer {layer}"
        return from_above if {"gamma", "beta"} <= fields else alone
    if layer < depth and batch_norm:
        return f"dS of the batch normalisation in layer {layer}"
    if len(fields) == 1 and not sampled:
        return f"d{_field(first)} of the affine layer {layer}"
    if layer == depth:
        return f"the backward of softmax and cross-entropy, or of the affine layer {layer}"
    return from_above if len(fields) == 2 else f"the affine layer {layer}, {from_above}"


def _field(name: str) -> str:
    """Return "gamma" of "gamma2"."""
    return name.rstrip("0123456789")


def _layer(name: str) -> int:
    """Return 2 of "gamma2"."""
    return int(name[len(_field(name)) :])
