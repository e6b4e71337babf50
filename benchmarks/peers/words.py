"""What a contender reads, in the table's words."""

RAW = "raw uint8, standardised in every update"
READY = "float32 rows, standardised before"
