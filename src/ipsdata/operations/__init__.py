"""Operating an installation: what a server needs beside the pipeline itself."""
