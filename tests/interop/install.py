"""Gets the peers, into a folder outside of the clone."""

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from processes import succeeds

HERE = Path(__file__).resolve().parent
WS = "8"
WEBSOCKETS = "17"
TRY_SECONDS = 60
BUILD_SECONDS = 600


class Unavailable(Exception):
    pass


def folder():
    base = os.environ.get("SANSWS_CACHE")
    if not base:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "sansws")
    return Path(base).resolve() / "interop"


def ws():
    """The command that runs the peer, the variables it needs, and its version."""
    home = folder() / "node"
    manifest = home / "node_modules/ws/package.json"
    if not shutil.which("node"):
        raise Unavailable("there is no node")
    if not version(manifest).startswith(f"{WS}."):
        home.mkdir(parents=True, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", home]
        retry("npm install ws", ["npm", "install", *options, f"ws@{WS}"])
    return ["node", HERE / "node/peer.mjs"], {"INTEROP_NODE": str(home)}, version(manifest)


def version(manifest):
    try:
        return json.loads(manifest.read_text())["version"]
    except (OSError, ValueError, KeyError):
        return ""


def websockets():
    home = folder() / "python"
    python = home / "bin/python"
    check = [python, "-c", f"import websockets; assert websockets.__version__.startswith('{WEBSOCKETS}.')"]
    if not python.exists() or not succeeds(check, TRY_SECONDS, stderr=subprocess.DEVNULL):
        # What a run that was stopped has left behind is cleared away.
        if not succeeds([sys.executable, "-m", "venv", "--clear", home], TRY_SECONDS):
            raise Unavailable("python -m venv failed")
        pip = [python, "-m", "pip", "install", "--quiet", "--retries=0"]
        retry("pip install websockets", [*pip, f"websockets=={WEBSOCKETS}.*"])
    show = [python, "-c", "import websockets; print(websockets.__version__)"]
    found = subprocess.run(show, capture_output=True, text=True, timeout=TRY_SECONDS, check=True).stdout.strip()
    return [python, HERE / "python/peer.py"], {}, found


def tungstenite():
    home = folder() / "tungstenite"
    manifest = ["--manifest-path", HERE / "tungstenite/Cargo.toml"]
    retry("cargo fetch", ["cargo", "fetch", "--quiet", *manifest])
    build = ["cargo", "build", "--quiet", "--release", "--target-dir", home, *manifest]
    if not succeeds(build, BUILD_SECONDS):
        raise RuntimeError("the tungstenite peer does not build")
    packages = tomllib.loads((HERE / "tungstenite/Cargo.lock").read_text())["package"]
    found = next(package["version"] for package in packages if package["name"] == "tungstenite")
    return [home / "release/interop-tungstenite"], {}, found


def retry(what, command):
    for pause in (2, 4, 0):
        if succeeds(command, TRY_SECONDS):
            return
        time.sleep(pause)
    raise Unavailable(f"{what} failed three times")
