"""Daily counts of SIS by the ten million: read as a stream, coded, validated, one file a year."""
