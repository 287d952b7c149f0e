"""The emergency card: asked gently in the first week, changed and taken back at any time."""
