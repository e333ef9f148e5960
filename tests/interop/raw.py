"""What a good peer never sends, through plain sockets: a bad request gets the right HTTP answer, a bad
frame the right close code, both a closed socket, and another connection goes on undisturbed."""

import base64
import hashlib
import os
import socket
import time
from functools import partial

SECONDS = 10
MASK = bytes.fromhex("37fa213d")
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

FIELDS = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request(method="GET", **changes):
    """A good request but for the changes; None leaves a field out."""
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} / HTTP/1.1", *lines, "", ""]).encode()


def frame(first, payload, length=None):
    """A masked frame; `length` replaces the bytes that announce its length."""
    if length is None:
        assert len(payload) < 126
        length = bytes([len(payload)])
    masked = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return bytes([first, length[0] | 0x80]) + length[1:] + MASK + masked


TLS_HELLO = bytes.fromhex("16030100c6010000c20303") + bytes(range(192))
ENDLESS = request()[:-2] + b"X-Endless: "
# What is still on its way when the answer comes must not turn the end into a reset.
LATE = b"a" * 256 * 1024
UPGRADE = {"upgrade": "websocket"}

# Name, bytes, status of the answer, and header fields that it has to have.
REQUESTS = [
    ("POST", request("POST"), 405, {"allow": "GET"}),
    ("no Host", request(Host=None), 400, {}),
    ("no key", request(Sec_WebSocket_Key=None), 400, {}),
    ("version 8", request(Sec_WebSocket_Version="8"), 426, UPGRADE | {"sec-websocket-version": "13"}),
    ("no Upgrade", request(Upgrade=None), 426, UPGRADE),
    ("a TLS hello", TLS_HELLO, 400, {}),
    ("a head of 64 KiB without an end", ENDLESS.ljust(65536, b"a"), 431, {}),
]

# Name, bytes, close code.
FRAMES = [
    ("unmasked frame", b"\x81\x05Hello", 1002),
    ("reserved opcode 3", frame(0x83, b"Hello"), 1002),
    ("reserved opcode 11", frame(0x8B, b"Hello"), 1002),
    ("reserved bit", frame(0xC1, b"Hello"), 1002),
    ("fragmented ping", frame(0x09, b"Hello"), 1002),
    ("continuation of nothing", frame(0x80, b"Hello"), 1002),
    ("invalid UTF-8", frame(0x81, b"\xed\xa0\x80"), 1007),
    ("length of 2^62 announced", frame(0x82, b"", b"\x7f" + (1 << 62).to_bytes(8)), 1009),
    ("length of 2^63 announced", frame(0x82, b"", b"\x7f" + (1 << 63).to_bytes(8)), 1002),
    ("length of 5 in 2 bytes", frame(0x81, b"Hello", b"\x7e" + (5).to_bytes(2)), 1002),
    ("length of 5 in 8 bytes", frame(0x81, b"Hello", b"\x7f" + (5).to_bytes(8)), 1002),
    ("Close with a body of 1 byte", frame(0x88, b"\x03"), 1002),
    ("Close with code 1005", frame(0x88, (1005).to_bytes(2)), 1002),
]


def run(address):
    """Yields the name of each case, with what was wrong or None."""
    host, port = address.rsplit(":", 1)
    address = (host, int(port))
    with opened(address) as bystander:
        for name, data, status, fields in REQUESTS:
            yield f"request: {name}", attempt(address, bystander, partial(refused, data, status, fields))
        for name, data, code in FRAMES:
            yield f"frame: {name}", attempt(address, bystander, partial(failed, data, code))


def attempt(address, bystander, bad):
    try:
        bad(address)
        word = os.urandom(8).hex().encode()
        bystander.sendall(frame(0x81, word))
        check("the echo of another connection", receive(bystander, 2 + len(word)), b"\x81\x10" + word)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"


def refused(data, status, fields, address):
    with socket.create_connection(address, SECONDS) as connection:
        connection.sendall(data + LATE)
        head, _, body = receive(connection).partition(b"\r\n\r\n")
        line, *lines = head.decode("ascii").split("\r\n")
        check("status line", line.split(" ")[:2], ["HTTP/1.1", str(status)])
        found = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        check("Content-Length", found["content-length"], str(len(body)))
        check("fields", {name: found.get(name) for name in fields}, fields)


def failed(data, code, address):
    with opened(address) as connection:
        connection.sendall(data)
        # A message behind the bad frame must not be echoed, nor must the bytes behind be a problem.
        connection.sendall(frame(0x81, b"late") + LATE)
        seen = receive(connection)
        check("opcode and code", (seen[:1] + seen[2:4]).hex(" "), (b"\x88" + code.to_bytes(2)).hex(" "))
        check("bytes in all", len(seen), 2 + seen[1])


def opened(address):
    connection = socket.create_connection(address, SECONDS)
    connection.sendall(request())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(connection, 1)
    accept = base64.b64encode(hashlib.sha1((FIELDS["Sec-WebSocket-Key"] + GUID).encode()).digest())
    if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
        raise RuntimeError(f"no upgrade: {head}")
    return connection


def receive(connection, count=None):
    """So many bytes, or all up to an orderly end."""
    data = b""
    while count is None or len(data) < count:
        part = connection.recv(65536 if count is None else count - len(data))
        if not part:
            if count is not None:
                raise RuntimeError(f"closed after {data}")
            # A reset that comes after the end shows here only.
            time.sleep(0.02)
            if error := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(error, f"reset after {data}")
            return data
        data += part
    return data


def check(what, seen, expected):
    if seen != expected:
        raise RuntimeError(f"{what}: {seen!r} seen, {expected!r} expected")
