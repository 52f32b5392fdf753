"""Long runs beside the tests: mutated documents, hostile files, and what reading costs."""
