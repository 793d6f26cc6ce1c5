"""The book: every entry takes from one account what it gives to another, so that all balances add up to nothing."""

import sqlite3
import threading

SCHEMA = """
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL CHECK (credit <> debit),
  cents INTEGER NOT NULL CHECK (cents > 0),
  text TEXT NOT NULL
)
"""


class Refused(ValueError):
    """What was asked is not something that the book can hold."""


class Book:
    """Safe for many threads. It lives in memory: a ledger in earnest would be given a database."""

    def __init__(self, accounts, largest_cents):
        self._accounts = frozenset(accounts)
        self._largest_cents = largest_cents
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(SCHEMA)

    def post(self, debit, credit, cents, text):
        """Writes one entry and returns its number."""
        for account in (debit, credit):
            self._require(account)
        if debit == credit:
            raise Refused("an entry needs two accounts")
        if not isinstance(cents, int) or isinstance(cents, bool) or not 0 < cents <= self._largest_cents:
            raise Refused(f"an amount is a whole number of cents from 1 to {self._largest_cents}")
        if not isinstance(text, str) or not 0 < len(text.strip()) <= 100:
            raise Refused("an entry needs a text of at most 100 characters")
        with self._lock, self._database:
            values = (debit, credit, cents, text.strip())
            return self._database.execute("INSERT INTO entries (debit, credit, cents, text) VALUES (?, ?, ?, ?)", values).lastrowid

    def balance(self, account):
        """What the account was given, less what was taken from it, in cents."""
        self._require(account)
        with self._lock:
            given, taken = self._database.execute(
                "SELECT total(cents) FILTER (WHERE debit = ?1), total(cents) FILTER (WHERE credit = ?1) FROM entries", (account,)
            ).fetchone()
        return int(given - taken)

    def entries(self, account):
        """The entries of the account, the newest first."""
        self._require(account)
        with self._lock:
            rows = self._database.execute(
                "SELECT id, debit, credit, cents, text FROM entries WHERE ?1 IN (debit, credit) ORDER BY id DESC LIMIT 100", (account,)
            ).fetchall()
        return [dict(zip(("id", "debit", "credit", "cents", "text"), row)) for row in rows]

    def close(self):
        """Lets go of the database."""
        self._database.close()

    def _require(self, account):
        if account not in self._accounts:
            raise Refused("there is no such account")
