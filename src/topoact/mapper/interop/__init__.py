"""Graphs made elsewhere: the format of KeplerMapper, and graphs that come without their vectors."""
