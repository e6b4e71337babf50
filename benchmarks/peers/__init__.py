"""The contenders, one file per way of training; each file lists its own as `CONTENDERS`."""
