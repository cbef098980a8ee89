"""Graphs of other tools: the format of KeplerMapper (`kepler`), and graphs without vectors (`imported`)."""
