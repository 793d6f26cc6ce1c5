"""Against the deployed ledger, whose address is in BASE_URL."""

import json
import os
import unittest
from urllib.request import Request, urlopen

BASE_URL = os.environ["BASE_URL"]


def account(name):
    with urlopen(f"{BASE_URL}/accounts/{name}", timeout=10) as answer:
        return json.load(answer)


class LedgerTest(unittest.TestCase):
    def test_paying_the_rent_moves_money_from_the_bank(self):
        bank, rent = account("bank")["balanceCents"], account("rent")["balanceCents"]
        entry = json.dumps({"debit": "rent", "credit": "bank", "cents": 90000, "text": "March"}).encode()
        with urlopen(Request(f"{BASE_URL}/entries", entry, method="POST"), timeout=10) as answer:
            self.assertEqual(answer.status, 201)
        self.assertEqual((account("bank")["balanceCents"], account("rent")["balanceCents"]), (bank - 90000, rent + 90000))
