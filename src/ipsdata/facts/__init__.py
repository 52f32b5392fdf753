"""Facts: from rows as printed to the coded, validated rows of the fact tables."""
