"""A server that answers at once, in a process of its own: the sender is measured alone.

It knows three paths: the token endpoint and the send endpoint of the SMS API, and the bulk
endpoint of Elasticsearch. ``latency_s`` makes every send take that long. Run as
``python benchmarks/stub.py LATENCY``; the first line it prints is its address.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

NUMBERS = itertools.count(1)
TOKEN = json.dumps(
    {"access_token": "t", "token_type": "bearer", "refresh_token": "r", "expires_in": 14000}
).encode()
INFO = json.dumps({"version": {"number": "9.0.0"}, "tagline": "You Know, for Search"}).encode()


def send_answer() -> bytes:
    """Return the answer of an accepted send."""
    return b'{"meta":{"generalErrors":[],"fieldErrors":{}},"data":{"id":"id-%d"}}' % next(NUMBERS)


def bulk_answer(body: bytes) -> bytes:
    """Return the answer of a bulk call in which every document was indexed."""
    items = b",".join([b'{"index":{"status":201}}'] * (body.count(b"\n") // 2))
    return b'{"errors":false,"took":1,"items":[' + items + b"]}"


class Stub(asyncio.Protocol):
    """One connection: read a request, answer it, read the next."""

    latency_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport = transport
        self.parts: list[bytes] = []
        self.size = 0
        self.wanted = -1

    def data_received(self, data: bytes) -> None:
        """Collect a request and answer it when it is whole."""
        self.parts.append(data)
        self.size += len(data)
        if self.wanted < 0:
            self.read_head()
        if 0 <= self.wanted <= self.size:
            self.answer()

    def read_head(self) -> None:
        """Find out how long the request is."""
        whole = b"".join(self.parts)
        self.parts = [whole]
        end = whole.find(b"\r\n\r\n")
        if end < 0:
            return
        head = whole[:end].lower()
        self.path = whole[: whole.index(b"\r\n")].split(b" ")[1]
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        self.start = end + 4
        self.wanted = self.start + int(length or 0)

    def answer(self) -> None:
        """Answer a whole request."""
        whole = b"".join(self.parts)
        body, rest = whole[self.start : self.wanted], whole[self.wanted :]
        self.parts, self.size, self.wanted = [rest], len(rest), -1
        loop = asyncio.get_running_loop()
        if self.path.startswith(b"/rest"):
            loop.call_later(self.latency_s, self.write, b"202 Accepted", send_answer())
        elif self.path.startswith(b"/oauth"):
            self.write(b"200 OK", TOKEN)
        elif self.path.startswith(b"/_bulk"):
            self.write(b"200 OK", bulk_answer(body))
        elif self.path == b"/":
            self.write(b"200 OK", INFO)
        else:
            self.write(b"404 Not Found", b"{}")

    def write(self, status: bytes, body: bytes) -> None:
        """Write an answer."""
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (status, len(body), body)
        )


async def serve(latency_s: float) -> None:
    """Serve on a free port of this machine until ended."""
    Stub.latency_s = latency_s
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
