"""Figures of merit. One file each."""
