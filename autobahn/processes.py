"""Processes that end with the block that started them."""

import asyncio
import contextlib
import os
import signal
import socket


@contextlib.asynccontextmanager
async def running(log, *command, **options):
    with open(log, "wb") as output:
        # A session of its own lets one signal reach whatever the command has started.
        options = {"stdout": output, "stderr": output, "start_new_session": True, **options}
        process = await asyncio.create_subprocess_exec(*map(str, command), stdin=asyncio.subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        await end(process)


async def end(process):
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)


@contextlib.asynccontextmanager
async def within(seconds, what):
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise RuntimeError(f"{what} took more than {seconds} s") from None


async def listening(port, process):
    while process.returncode is None:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError(f"wstest ended with exit code {process.returncode} before it listened")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
