"""What may become of a number in a document: the domain of `quantities.fate`, best first."""

ACCOUNTED = ("published", "total", "no_figure")
REJECTED = "rejected"  # its row stands in rejected_rows: nothing came of it yet
UNACCOUNTED = "unaccounted"
FATES = (*ACCOUNTED, REJECTED, UNACCOUNTED)
