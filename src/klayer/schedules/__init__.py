"""Learning rates: step → rate. One file each."""
