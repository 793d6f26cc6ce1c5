"""The HTTP API: JSON in, JSON out."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ledger.book import Refused
from ledger.metrics import Requests

LONGEST_BODY = 4096
ACCOUNT = re.compile(r"/accounts/([a-z]{1,20})")


class Server(ThreadingHTTPServer):
    """Serves one book. Port 0 takes any that is free."""

    def __init__(self, port, book):
        self.book = book
        self.requests = Requests()
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self):
        """Health, metrics, and the accounts."""
        if self.path == "/healthz":
            self._send(200, {"status": "well"})
        elif self.path == "/metrics":
            self._write(200, "application/openmetrics-text; version=1.0.0; charset=utf-8", self.server.requests.exposition())
        else:
            account = ACCOUNT.fullmatch(self.path)
            self._answer("/accounts/:name" if account else "other", lambda: self._account(account.group(1)) if account else nothing())

    def do_POST(self):
        """A new entry."""
        known = self.path == "/entries"
        self._answer(self.path if known else "other", self._post if known else nothing)

    def log_message(self, format, *args):
        """Metrics say how many there were; a line for each says nothing more."""

    def _account(self, name):
        book = self.server.book
        return 200, {"account": name, "balanceCents": book.balance(name), "entries": book.entries(name)}

    def _post(self):
        length = int(self.headers.get("content-length") or 0)
        if not 0 < length <= LONGEST_BODY:
            self.close_connection = True
            raise Refused(f"send an entry of at most {LONGEST_BODY} bytes")
        entry = json.loads(self.rfile.read(length))
        if not isinstance(entry, dict):
            raise Refused("an entry is a JSON object")
        return 201, {"id": self.server.book.post(entry.get("debit"), entry.get("credit"), entry.get("cents"), entry.get("text"))}

    def _answer(self, route, decide):
        try:
            status, body = decide()
        except (Refused, UnicodeDecodeError, json.JSONDecodeError) as refused:
            status, body = 422, {"error": str(refused)}
        self.server.requests.add(route, status)
        self._send(status, body)

    def _send(self, status, body):
        self._write(status, "application/json", json.dumps(body))

    def _write(self, status, media_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def nothing():
    """The answer where nothing is."""
    return 404, {"error": "there is nothing here"}
