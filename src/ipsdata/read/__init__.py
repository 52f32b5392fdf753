"""Read: one module a file format, from bytes to cells, each with its place."""
