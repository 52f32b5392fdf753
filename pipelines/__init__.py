"""The Dagster code location: which asset depends on which, and when they run. No data logic."""
