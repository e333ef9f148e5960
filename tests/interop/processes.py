"""Processes that end in time and with the block that started them."""

import contextlib
import os
import signal
import subprocess
import threading


@contextlib.contextmanager
def running(command, seconds, **options):
    # A session of its own lets one signal reach whatever the command has started.
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True, **options}
    process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
    # Its end closes its pipes too, so that no read waits for longer.
    timer = threading.Timer(seconds, kill, [process])
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        kill(process)
        process.wait()
        if process.stdout:
            process.stdout.close()


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def succeeds(command, seconds, **options):
    """Runs a command whose output goes to our standard error; tells whether it ended well."""
    try:
        with running(command, seconds, stdout=2, **options) as process:
            return process.wait() == 0
    except OSError:
        return False
