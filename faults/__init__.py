"""Faults on purpose: the release store under killed processes, full disks and failing devices."""
