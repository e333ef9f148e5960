"""What every peer does, in both roles. The peers read the list as JSON on their standard input.

A case is one connection. The peer sends a message of "text" or of "binary" bytes, cut into "frames"
frames, and expects it back. It sends a ping with each size in "pings" and expects the very pong
before it goes on; with a message the pings come between its frames, so that there is one less at
most. In the end the peer closes with "code" and "reason", without a body if "code" is null, and
expects a clean end with the same code and no reason.
"""

MEBIBYTE = 1024 * 1024

# 1010 is for clients only, but all of these peers send it in the other role too if told to.
CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]


def case(name, text=None, repeat=1, binary=None, frames=1, pings=(), code=1000, reason=""):
    return {
        "name": name,
        "text": text,
        "repeat": repeat,
        "binary": binary,
        "frames": frames,
        "pings": pings,
        "code": code,
        "reason": reason,
    }


MESSAGES = [
    case("text, empty", text=""),
    case("text, ASCII", text="Hello"),
    case("text, code points of 2, 3 and 4 bytes", text="κόσμε 世界 🦀"),
    case("text, 65536 bytes", text="κόσμε, 世!", repeat=4096),
    case("text, 16 MiB", text="κόσμε, 世!", repeat=MEBIBYTE),
    *(case(f"binary, {size} bytes", binary=size) for size in (0, 1, 125, 126, 127, 65535, 65536)),
    case("binary, 16 MiB", binary=16 * MEBIBYTE),
]

FRAGMENTED = [
    case("fragmented text", text="Hello", frames=2),
    # Some cuts are inside of a code point, as section 5.6 allows.
    case("fragmented text, cut inside of code points", text="κόσμε 世界 🦀", frames=11),
    # More frames than bytes makes some frames empty, the first one too.
    case("fragmented text, empty frames in between", text="ab", frames=5),
    case("fragmented text, all frames empty", text="", frames=3),
    case("fragmented binary", binary=65536, frames=4),
    case("fragmented binary, 16 MiB", binary=16 * MEBIBYTE, frames=256),
    case("fragmented text, pings in between", text="κόσμε 世界 🦀", frames=4, pings=[0, 5, 125]),
    case("fragmented binary, pings in between", binary=1000, frames=4, pings=[125, 5, 0]),
    case("fragmented binary, empty frames and pings in between", binary=1, frames=3, pings=[5, 125]),
]

PINGS = [
    *(case(f"ping, {size} bytes", pings=[size]) for size in (0, 5, 125)),
    case("pings, one after the other", pings=[1, 2, 3, 4]),
]

CLOSES = [
    case("close without a body", code=None),
    *(case(f"close {code}", code=code) for code in CODES),
    *(case(f"close {code} with a reason", code=code, reason="tot ziens, 再见") for code in CODES),
    case("close with a reason of 123 bytes", reason="x" * 123),
]

CASES = MESSAGES + FRAGMENTED + PINGS + CLOSES
