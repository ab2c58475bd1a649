"""A web server on loopback that gives files of a folder and counts what it was asked for."""

import contextlib
import functools
import http.server
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    """As quiet as a test wants it."""

    def log_message(self, *_):
        self.server.asked += 1


@contextlib.contextmanager
def serving(folder):
    """The server, with `address` and `asked`, the number of requests."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        server.asked = 0
        server.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
