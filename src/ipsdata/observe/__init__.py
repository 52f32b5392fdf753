"""What a run tells those who watch it: lines of a log, and metrics."""
