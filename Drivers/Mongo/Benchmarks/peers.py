# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of this folder share: PyMongo, programs that are built first, and the canned server."""

import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PYMONGO = "pymongo==4.20.1"
ENVIRONMENT = ROOT / ".build" / "pymongo"
PYTHON = ENVIRONMENT / "bin" / "python"


def enter_pymongo(script):
    """Goes on as the same script in a virtual environment that has PyMongo; it is made the first time."""
    if pathlib.Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    try:
        if subprocess.run([PYTHON, "-c", "import bson"], capture_output=True).returncode != 0:
            venv.create(ENVIRONMENT, with_pip=True, clear=True)
            subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", PYMONGO], check=True)
    except (OSError, subprocess.CalledProcessError):
        cannot(f"{PYMONGO} could not be installed")
    os.execv(PYTHON, [PYTHON, script, *sys.argv[1:]])


def cannot(why):
    """Ends with the status of what could not be measured."""
    print(why, file=sys.stderr)
    sys.exit(2)


def build(product):
    """The path of a product of this package, optimized."""
    command = ["swift", "build", "-c", "release", "--package-path", ROOT, "--product", product]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        cannot(f"{product} could not be built")
    place = subprocess.run([*command, "--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(place) / product


def compile_peer(name, folder, *flags):
    """The path of a C program of WirePeers."""
    out = folder / name
    if subprocess.run(["cc", "-O2", "-o", out, HERE / "WirePeers" / f"{name}.c", *flags]).returncode != 0:
        cannot(f"{name}.c could not be compiled")
    return out


class Server:
    """The canned server, pinned to a processor core where one is given, until the end of the block."""

    def __init__(self, folder, core=None):
        import bson

        hello = {
            "ismaster": True, "isWritablePrimary": True, "helloOk": True, "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000, "logicalSessionTimeoutMinutes": 30,
            "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0,
        }
        found = {"_id": bson.ObjectId(), "url": "https://example.org/a/b/c", "n": 42, "read": False}
        answers = {
            "hello": hello,
            "insert": {"n": 1, "ok": 1.0},
            "find": {"cursor": {"firstBatch": [found], "id": bson.Int64(0), "ns": "bench.c"}, "ok": 1.0},
        }
        for name, document in answers.items():
            (folder / name).write_bytes(bson.encode(document))
        command = [compile_peer("server", folder), *(folder / name for name in answers)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(core))
        self.port = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def pinned(core):
    """For `preexec_fn`: the program may use this core alone; `None` for any."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})
