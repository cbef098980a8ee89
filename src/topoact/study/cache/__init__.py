"""Results kept in a study, keyed by a digest of what determines them and safe to delete."""
