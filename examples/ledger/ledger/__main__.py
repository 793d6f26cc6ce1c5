"""`python3 -m ledger`: serves on PORT until it is asked to end."""

import json
import os
import signal
import threading
from pathlib import Path

from ledger.book import Book
from ledger.server import Server

settings = json.loads(Path("config/ledger.json").read_text(encoding="utf-8"))
server = Server(int(os.environ["PORT"]), Book(settings["accounts"], settings["largestCents"]))
# From another thread: `shutdown` waits for the loop that this signal interrupts.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.1)
server.server_close()
