"""Names of the columns that an extraction adds to the examples: `COLUMNS`."""

COLUMNS = ("prediction", "confidence", "top5", "top5_confidence", "loss", "correct")
"""What is stored with each example besides its label."""
