"""Coding: numbers, dates, missions, countries and categories as printed get their codes."""
