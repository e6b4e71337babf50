"""Training: a validated plan, the loop, and the events that everything else listens to."""
