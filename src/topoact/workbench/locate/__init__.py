"""Location of new inputs in the graphs of a study: `locate` runs the network, `location_report` has the result."""
