"""What the peers that compress do, in both roles, and what has to be seen on the wire (RFC 7692).

A case is one connection, for which "deflate" has the parameters of the peer and "spec" those of our
side, as an extension. The peer sends each of "messages", as in cases.py, and waits for the echo before
it goes on; with "compress" false it sends the message as it is. It reports the answer of the server as
"agreed", and the bytes on the wire of each message that it has "sent" and "received".
"""

import itertools
import random

from cases import case

SERVER, CLIENT = "server_no_context_takeover", "client_no_context_takeover"
SERVER_BITS, CLIENT_BITS = "server_max_window_bits", "client_max_window_bits"
NAME = "permessage-deflate"

# Little in it repeats, and twice of it fits into the smallest window.
LINE = "".join(random.Random(7692).choices("0123456789abcdef", k=200))
LINES_BYTES = 200
MEBIBYTE = 1024 * 1024


def message(*, compress=True, sent=None, received=None, **content):
    """`sent` and `received` are what is known of the size in each direction, the names of `SIZES`."""
    return case("", **content) | {"compress": compress, "expected": {"sent": sent, "received": received}}


MESSAGES = [
    message(text=LINE, sent="first", received="first"),
    message(text=LINE, sent="again", received="again"),
    # Our side leaves short ones as they are.
    message(text="Hello", received="plain"),
    # Sent as it is, a message does not enter the window.
    message(text=LINE, compress=False, sent="plain", received="again"),
    message(text=LINE, sent="again", received="again"),
    message(text=LINE, frames=3, received="again"),
    message(text="κόσμε 世界 🦀", frames=11),
    *(message(**empty) for empty in ({"text": ""}, {"binary": 0}, {"text": "", "frames": 3})),
    message(text="", compress=False),
    message(binary=LINES_BYTES, sent="first", received="first"),
    message(binary=LINES_BYTES, sent="again", received="again"),
    message(binary=LINES_BYTES, frames=3, compress=False, sent="plain", received="again"),
    message(text="κόσμε, 世!", repeat=MEBIBYTE // 16, sent="tiny", received="tiny"),
    message(text="κόσμε, 世!", repeat=MEBIBYTE // 16, frames=5, sent="tiny", received="tiny"),
    # It repeats behind the smallest window, and so is one that does not get smaller.
    message(binary=MEBIBYTE),
    message(text=LINE, sent="new", received="new"),
]

SIZES = {
    "first": lambda size, length, first, takes_over: True,
    "again": lambda size, length, first, takes_over: 2 * size < first if takes_over else size == first,
    "new": lambda size, length, first, takes_over: length // 3 < size < length,
    "plain": lambda size, length, first, takes_over: size >= length,
    "tiny": lambda size, length, first, takes_over: 20 * size < length,
}


def cases(role):
    """For a peer in a role."""
    found = []
    for flags in itertools.product((False, True), repeat=4):
        for who, server_bits, client_bits in (("the peer", 9, 10), ("us", 10, 9)):
            values = {SERVER: True, CLIENT: True, SERVER_BITS: server_bits, CLIENT_BITS: client_bits}
            params = {name: value for (name, value), on in zip(values.items(), flags) if on}
            peer, ours = (params, {}) if who == "the peer" else ({}, params)
            if role == "client":
                # Without it we could not ask for a window.
                peer = {CLIENT_BITS: True} | peer
            found.append(one(f"{extension(params)}, by {who}", role, peer, ours, params))
    # Nobody can compress with it: our server declines, our client sends everything as it is.
    small = {SERVER_BITS: 8} if role == "client" else {CLIENT_BITS: 8}
    found.append(one("a window of 8 bits", role, small, {}, None if role == "client" else small))
    return found


def one(name, role, peer, ours, agreed):
    more = {"role": role, "deflate": peer, "spec": extension(ours), "agreed": agreed, "messages": MESSAGES}
    return case(name) | more


def extension(params):
    return ";".join([NAME, *(name if value is True else f"{name}={value}" for name, value in params.items())])


def trouble(case, line):
    """What is wrong with what the peer has seen on the wire, or None."""
    agreed = parsed(line["agreed"])
    if agreed != case["agreed"]:
        return f"agreed on {agreed}"
    if agreed is None:
        return None
    for direction in ("sent", "received"):
        sender = "client" if (direction == "sent") == (case["role"] == "client") else "server"
        takes_over = f"{sender}_no_context_takeover" not in agreed
        is_able = agreed.get(f"{sender}_max_window_bits") != 8
        sizes = line[direction]
        if len(sizes) != len(MESSAGES):
            return f"{len(sizes)} messages {direction}"
        first = None
        for number, (size, message) in enumerate(zip(sizes, MESSAGES)):
            expected = message["expected"][direction]
            if expected == "first":
                first = size
            if not is_able:
                expected = "plain"
            if expected and not SIZES[expected](size, length(message), first, takes_over):
                return f"message {number} {direction}: {size} bytes on the wire, not {expected} ({sizes})"
    return None


def parsed(header):
    """The parameters of an extension, None for no extension."""
    if not header:
        return None
    name, *params = (part.strip() for part in header.split(";"))
    if name != NAME:
        raise ValueError(f"{header!r} is not ours")
    pairs = (param.partition("=") for param in params)
    return {name: int(value) if value else True for name, _, value in pairs}


def length(message):
    return message["binary"] if message["text"] is None else len((message["text"] * message["repeat"]).encode())
