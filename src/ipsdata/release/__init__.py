"""Releases: write to staging, audit, publish in one step; what is published never changes."""
