"""A small ledger of double-entry bookkeeping with an HTTP API. The standard library is all it needs."""

__version__ = "1.0.0"
