"""The page of a release: a static site that shows its figures, and where each was printed."""
