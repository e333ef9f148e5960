"""A headless Chromium, spoken to over a pair of pipes: needs neither a port nor a package."""

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import signal
import time

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless --remote-debugging-pipe --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage"
    " --disable-background-networking --disable-component-update --disable-extensions --disable-sync --no-first-run"
).split()
STEP_SECONDS = 10


class Failure(Exception):
    pass


class Browser:
    """A Chromium, spoken to in the DevTools protocol: JSON, each message ended by a zero byte."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.numbers = itertools.count(1)
        self.answers = {}
        self.listeners = []
        self.listening = asyncio.ensure_future(self.listen())

    async def listen(self):
        try:
            while True:
                message = json.loads((await self.reader.readuntil(b"\0"))[:-1])
                if "id" in message:
                    answer = self.answers.pop(message["id"], None)
                    if answer and not answer.done():
                        answer.set_result(message)
                else:
                    for listener in self.listeners:
                        listener(message)
        except (asyncio.IncompleteReadError, OSError):
            for answer in self.answers.values():
                if not answer.done():
                    answer.set_exception(Failure("the browser has ended"))

    async def call(self, method, session=None, **params):
        if self.listening.done():
            raise Failure("the browser has ended")
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        self.writer.write(json.dumps(message).encode() + b"\0")
        async with within(STEP_SECONDS, method):
            result = await answer
        if "error" in result:
            raise Failure(f"{method}: {result['error']}")
        return result["result"]

    async def open(self, url, kind=None):
        """A new tab, as a `Page` or a `kind` of it."""
        target = (await self.call("Target.createTarget", url=url))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = (kind or Page)(self, target, attached["sessionId"])
        self.listeners.append(page.note)
        await page.call("Runtime.enable")
        await page.call("Network.enable")
        await page.call("Log.enable")
        # Until the page comes the tab has an empty one, which is complete.
        await page.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")
        return page


class Page:
    def __init__(self, browser, target, session):
        self.browser, self.target, self.session = browser, target, session
        self.problems = []
        self.refusals = []
        self.extensions = []

    def note(self, message):
        """Collects what the page complains about, and how its WebSocket handshakes ended: why they failed, or the
        extensions that the response had."""
        if message.get("sessionId") != self.session:
            return
        method, params = message["method"], message["params"]
        if method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Log.entryAdded" and params["entry"]["source"] == "security":
            self.problems.append(params["entry"]["text"])
        elif method == "Network.webSocketFrameError":
            self.refusals.append(params["errorMessage"])
        elif method == "Network.webSocketHandshakeResponseReceived":
            fields = {name.lower(): value for name, value in params["response"]["headers"].items()}
            self.extensions.append(fields.get("sec-websocket-extensions"))

    async def call(self, method, **params):
        return await self.browser.call(method, self.session, **params)

    async def run(self, script):
        """The value of an expression in the page, which may be a promise."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failure(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, script, seconds=STEP_SECONDS):
        last = time.monotonic() + seconds
        while not await self.run(script):
            if time.monotonic() > last:
                shown = await self.run("document.body.innerText")
                raise Failure(f"not within {seconds} s: {script}\n--- the page shows ---\n{shown}")
            await asyncio.sleep(0.05)

    async def type(self, element, text):
        """As a user would: the text goes through the focused field, Enter through the keyboard."""
        await self.run(f"document.getElementById({json.dumps(element)}).focus()")
        await self.run("document.activeElement.select()")
        await self.call("Input.insertText", text=text)

    async def press_enter(self):
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
            )

    async def close(self):
        await self.browser.call("Target.closeTarget", targetId=self.target)


@contextlib.asynccontextmanager
async def launched(program, profile):
    """The browser, which expects its ends of the pipes as the file descriptors 3 and 4."""
    loop = asyncio.get_running_loop()
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    # Moved away first, lest one be where the other has to go.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (their_in, their_out)]
    os.close(their_in)
    os.close(their_out)
    move = 'exec "$@" 3<&{} 4>&{}'.format(*ends)
    command = ["bash", "-c", move, "bash", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    async with running(*command, pass_fds=ends, **quiet):
        for end in ends:
            os.close(end)
        reader = asyncio.StreamReader(limit=1 << 26)
        incoming, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(our_in, "rb", 0)
        )
        outgoing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(our_out, "wb", 0))
        try:
            yield Browser(reader, outgoing)
        finally:
            outgoing.close()
            incoming.close()


@contextlib.asynccontextmanager
async def running(*command, **options):
    # A process group of its own lets one signal reach whatever the command has started.
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdin=asyncio.subprocess.DEVNULL, start_new_session=True, **options
    )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 3)


@contextlib.asynccontextmanager
async def within(seconds, what):
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Failure(f"{what} took more than {seconds} s") from None
