"""What is counted, in the OpenMetrics text format."""

import threading
from collections import Counter


class Requests:
    """Requests by route and status."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counted = Counter()

    def add(self, route, status):
        """Counts one request."""
        with self._lock:
            self._counted[(route, status)] += 1

    def exposition(self):
        """All counts, with the mark that ends an exposition."""
        with self._lock:
            counted = sorted(self._counted.items())
        lines = [f'http_requests_total{{route="{route}",status="{status}"}} {count}' for (route, status), count in counted]
        return "\n".join(["# TYPE http_requests counter", *lines, "# EOF", ""])
