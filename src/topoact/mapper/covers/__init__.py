"""covers."""
