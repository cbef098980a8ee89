"""What leaves a study: pictures, tables, graphs in the formats of other programs, and code that makes them again."""
