"""Servers on loopback: one gives files of a folder and counts what it was asked for, one the same bytes always."""

import contextlib
import functools
import http.server
import socketserver
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


@contextlib.contextmanager
def answering(answer):
    """The address of a server that says these bytes to whoever asks, and hangs up."""

    class Fixed(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(1 << 16)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Fixed) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
