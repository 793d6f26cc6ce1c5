import unittest

from ledger.book import Book, Refused


class BookTest(unittest.TestCase):
    def setUp(self):
        self.book = Book(["bank", "cash", "sales"], 1000)
        self.addCleanup(self.book.close)

    def test_an_entry_gives_to_one_account_what_it_takes_from_another(self):
        self.book.post("bank", "sales", 700, "books")
        self.book.post("cash", "bank", 200, "change")
        self.assertEqual([self.book.balance(name) for name in ("bank", "cash", "sales")], [500, 200, -700])

    def test_an_account_without_entries_has_a_balance_of_nothing(self):
        self.assertEqual((self.book.balance("cash"), self.book.entries("cash")), (0, []))

    def test_the_entries_of_an_account_come_newest_first(self):
        self.book.post("bank", "sales", 1, "first")
        self.book.post("cash", "sales", 2, "of another account")
        self.book.post("cash", "bank", 3, " last ")
        self.assertEqual([entry["text"] for entry in self.book.entries("bank")], ["last", "first"])

    def test_what_the_book_cannot_hold_is_refused_and_leaves_nothing(self):
        for entry in (
            ("bank", "nobody", 1, "x"), ("bank", "bank", 1, "x"), ("bank", "cash", 0, "x"), ("bank", "cash", 1001, "x"),
            ("bank", "cash", True, "x"), ("bank", "cash", 1.5, "x"), ("bank", "cash", 1, " "), ("bank", "cash", 1, "x" * 101), ("bank", "cash", 1, None), ("bank' OR '1'='1", "cash", 1, "x"),
        ):
            with self.subTest(entry=entry), self.assertRaises(Refused):
                self.book.post(*entry)
        self.assertEqual(self.book.entries("bank"), [])

    def test_only_accounts_of_the_book_can_be_looked_at(self):
        for look in (self.book.balance, self.book.entries):
            with self.assertRaises(Refused):
                look("nobody")
