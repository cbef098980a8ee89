"""Lenses, which give every activation vector one number: by name (`registry`), norms, components, distances."""
