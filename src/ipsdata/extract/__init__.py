"""Extract: from documents to rows as printed; one module a kind of source."""
