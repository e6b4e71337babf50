"""Initial weights: generator → weights. One file each."""
