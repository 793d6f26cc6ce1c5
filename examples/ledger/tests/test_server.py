import http.client
import json
import threading
import unittest

from ledger.book import Book
from ledger.server import Server


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(0, Book(["bank", "sales"], 1000))
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.book.close)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_an_entry_can_be_posted_and_seen(self):
        status, body = self.ask("POST", "/entries", json.dumps({"debit": "bank", "credit": "sales", "cents": 250, "text": "tea"}))
        self.assertEqual((status, json.loads(body)), (201, {"id": 1}))
        status, body = self.ask("GET", "/accounts/bank")
        account = json.loads(body)
        self.assertEqual((status, account["balanceCents"], account["entries"][0]["text"]), (200, 250, "tea"))

    def test_what_is_no_entry_is_refused_with_a_reason(self):
        for body in ("", "{", "[]", b"\xff\xfe", "x" * 5000, json.dumps({"debit": "bank"})):
            status, answer = self.ask("POST", "/entries", body)
            self.assertEqual(status, 422)
            self.assertTrue(json.loads(answer)["error"])

    def test_what_is_not_there_is_not_found(self):
        self.assertEqual([self.ask("GET", "/nothing")[0], self.ask("POST", "/nothing", "{}")[0]], [404, 404])

    def test_it_says_that_it_is_well_and_counts_what_it_was_asked(self):
        self.assertEqual(self.ask("GET", "/healthz")[0], 200)
        self.ask("GET", "/accounts/bank")
        self.ask("GET", "/accounts/nobody")
        counted = self.ask("GET", "/metrics")[1]
        self.assertIn('http_requests_total{route="/accounts/:name",status="200"} 1', counted)
        self.assertIn('http_requests_total{route="/accounts/:name",status="422"} 1', counted)
        self.assertTrue(counted.endswith("# EOF\n"))
