"""The cases through websockets: `peer.py client URL` or `peer.py server`."""

import json
import sys
import threading
from urllib.parse import parse_qs, urlsplit

from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import CTRL_OPCODES, Opcode
from websockets.protocol import State
from websockets.sync.client import connect
from websockets.sync.server import serve

LIMIT = 10
# Its own limit is 1 MiB, and its own pings would be confused with ours.
OPTIONS = {"max_size": None, "ping_interval": None, "open_timeout": LIMIT, "close_timeout": LIMIT}

cases = json.load(sys.stdin)


def client(url):
    def visit(case):
        query = f"/?{case['spec']}" if "spec" in case else ""
        with connect(url + query, proxy=None, **compression(ClientPerMessageDeflateFactory, case), **OPTIONS) as ws:
            return drive(ws, case)

    for case in cases:
        report(case, lambda: visit(case))


def server():
    """The paths are those of Autobahn's fuzzing server."""

    def asked(request):
        url = urlsplit(request.path)
        if url.path == "/runCase":
            return url, cases[int(parse_qs(url.query)["case"][0]) - 1]
        return url, {}

    def choose(ws, request):
        _, case = asked(request)
        if "deflate" in case:
            ws.protocol.available_extensions = compression(ServerPerMessageDeflateFactory, case)["extensions"]

    def handle(ws):
        url, case = asked(ws.request)
        if case:
            report(case, lambda: drive(ws, case))
        elif url.path == "/getCaseCount":
            ws.send(str(len(cases)))
        elif url.path == "/updateReports":
            ws.close()
            # It waits for serve_forever to return.
            threading.Thread(target=listener.shutdown).start()

    with serve(handle, "127.0.0.1", 0, process_request=choose, **OPTIONS) as listener:
        print("listening on {}:{}".format(*listener.socket.getsockname()), flush=True)
        listener.serve_forever()


def compression(factory, case):
    """Without parameters it is offered all the same, and declined."""
    if "deflate" not in case:
        return {"compression": "deflate"}
    return {"compression": None, "extensions": [factory(**case["deflate"])]}


def report(case, run):
    problem, seen = None, {}
    try:
        seen = run()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    print(json.dumps({"name": case["name"], "problem": problem} | seen), flush=True)


def drive(ws, case):
    """Returns what there was to see of compression."""
    wire = Wire(ws)
    for message in case.get("messages", [case]):
        wire.compress = message.get("compress", True)
        exchange(ws, message)
    if case["code"] is None:
        # close() always sends a code.
        with ws.send_context():
            ws.protocol.send_close()
    else:
        ws.close(case["code"], case["reason"])
    check("end of TCP in time", ws.connection_exc, None)
    seen = ws.protocol.close_rcvd
    check("close", seen and (int(seen.code), seen.reason), (case["code"] or 1005, ""))
    agreed = ws.response.headers.get("Sec-WebSocket-Extensions")
    return {"agreed": agreed, "sent": wire.sent, "received": wire.received}


class Wire(Extension):
    """Stands before the extension that compresses: counts the payload that each message has on the wire."""

    def __init__(self, ws):
        self.sent, self.received = [], []
        self.compress = True
        extensions = ws.protocol.extensions
        if extensions:
            self.name, self.inner = extensions[0].name, extensions[0]
            extensions[0] = self

    def encode(self, frame):
        if self.compress:
            frame = self.inner.encode(frame)
        self.count(self.sent, frame)
        return frame

    def decode(self, frame, *, max_size=None):
        self.count(self.received, frame)
        return self.inner.decode(frame, max_size=max_size)

    def count(self, sizes, frame):
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            sizes.append(0)
        if frame.opcode not in CTRL_OPCODES:
            sizes[-1] += len(frame.data)


def exchange(ws, case):
    if case["text"] is None and case["binary"] is None:
        for size in case["pings"]:
            ping(ws, size)
        return
    text = case["binary"] is None
    payload = (case["text"] * case["repeat"]).encode() if text else pattern(case["binary"])
    # From an iterator it makes fragments, and an empty one at the end.
    ws.send(payload if case["frames"] == 1 else fragments(ws, payload, case["frames"], case["pings"]), text=text)
    echo = ws.recv(timeout=LIMIT)
    check("type", type(echo).__name__, "str" if text else "bytes")
    echo = echo.encode() if text else echo
    check("length", len(echo), len(payload))
    check("same bytes", echo == payload, True)


def fragments(ws, payload, count, pings):
    for i in range(count):
        yield payload[len(payload) * i // count : len(payload) * (i + 1) // count]
        if i < len(pings):
            ping(ws, pings[i])


def ping(ws, size):
    """The event comes with a pong of the same payload only, or with the end of the connection."""
    pong = ws.ping(pattern(size), ack_on_close=True)
    check(f"pong of {size} bytes", pong.wait(LIMIT) and ws.protocol.state is State.OPEN, True)


def pattern(size):
    # 251 is prime, so that no mistake about an offset goes unnoticed.
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def check(what, seen, expected):
    if seen != expected:
        raise RuntimeError(f"{what}: {seen!r} seen, {expected!r} expected")


if sys.argv[1] == "client":
    client(sys.argv[2])
else:
    server()
