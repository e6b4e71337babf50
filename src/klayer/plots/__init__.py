"""Pictures, drawn from histories and data only."""
