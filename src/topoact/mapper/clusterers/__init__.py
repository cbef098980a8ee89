"""What makes nodes of the points of an interval, and how near is near."""
