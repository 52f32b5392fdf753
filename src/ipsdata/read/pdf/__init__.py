"""Read a PDF: paragraphs, headings, footnotes and tables from where its characters stand.

A PDF has no words, lines or cells, only characters at positions. Two ideas carry this package:

* A line broke because its next word did not fit. Where it would have fitted, somebody ended it.
* Columns are what no word crosses: drawn rules, or else white corridors that run through
  neighbouring lines.

Text stands as in the file, ligatures included. A hyphen at the end of a line stays, unless the
word also stands in the document without it. Pages of running text in several columns are read
across, line by line.
"""

from ipsdata.read.pdf.reader import read_pdf

__all__ = ["read_pdf"]
