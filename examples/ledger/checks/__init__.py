"""Checks of the ledger: each a few lines on the standard library, and each writes its findings in a standard format."""
