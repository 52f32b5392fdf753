"""Marts: tables for readers, derived from the published figures and nothing else."""
