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

    def place(name: str) -> tuple[int, int]:
        field = name.rstrip("0123456789")
        return -int(name[len(field) :]), order[field]

    return sorted(wrong, key=place)


def locate(wrong: Collection[str], depth: int, batch_norm: bool) -> str:
    """Return where the mistake came in, as far as the wrong parameters tell.

    Args:
        wrong: names of the parameters whose gradients are wrong, at least one.
        depth: k, the number of affine layers.
        batch_norm: whether hidden layers are normalised.

    Returns:
        The place, to follow "look at".

    Example:
        >>> locate(["W1", "b1"], depth=2, batch_norm=False)
        'the backward of ReLU in layer 1, or dH of the affine layer 2'
    """
    first = nearest_output(wrong)[0]
    layer = int(first.lstrip("Wbgamet"))
    fields = {name.rstrip("0123456789") for name in wrong if int(name.lstrip("Wbgamet")) == layer}
    if layer < depth and batch_norm:
        if {"gamma", "beta"} <= fields:
            return f"the backward of ReLU in layer {layer}, or dH of the affine layer {layer + 1}"
        if fields & {"gamma", "beta"}:
            return f"d{first.rstrip('0123456789')} of the batch normalisation in layer {layer}"
        return f"dS of the batch normalisation in layer {layer}"
    if fields == {"W"}:
        return f"dW of the affine layer {layer}, or the penalty"
    if fields == {"b"}:
        return f"db of the affine layer {layer}"
    if layer == depth:
        return "the backward of softmax and cross-entropy"
    return f"the backward of ReLU in layer {layer}, or dH of the affine layer {layer + 1}"
