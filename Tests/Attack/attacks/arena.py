# SPDX-License-Identifier: Apache-2.0
"""Where attacks happen: the tool, a folder, addresses for servers, and the figures that are printed at the end."""

import itertools
import json
import os
import pathlib
import threading

from . import runs
from .cases import Limits


class Arena:
    def __init__(self, folder, fairdial, is_quick):
        self.folder, self.fairdial, self.is_quick = pathlib.Path(folder), fairdial, is_quick
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        # By name: value, and what must be reached.
        self.figures = {}
        self.servers = None
        # Accepts whatever is dialed by anybody.
        self.target = runs.Listener()

    @property
    def port(self):
        return self.target.port

    def note(self, name, value):
        with self.lock:
            self.figures[name] = value

    def address(self):
        """A loopback address that no other case has."""
        with self.lock:
            number = next(self.numbers)
        return f"127.53.{number >> 8}.{number & 255}"

    def file(self, write, name="file"):
        """A file that `write` fills; removed with the folder."""
        with self.lock:
            path = self.folder / f"{name}.{next(self.numbers)}"
        if isinstance(write, (str, bytes)):
            path.write_bytes(write.encode() if isinstance(write, str) else write)
        else:
            with open(path, "wb") as file:
                write(file)
        return path

    def names(self, names):
        return self.file("".join(f"{each}\n" for each in names), "names")

    def run(self, *arguments, limits=Limits(), before=(), files=None, **more):
        """Runs the tool; `files` are bound over those of /etc, in a namespace of the process's own."""
        command = [*before, self.fairdial, *arguments]
        if files:
            script = "".join(f"mount --bind '{ours}' '{theirs}' && " for theirs, ours in files.items())
            command = ["unshare", "--mount", "sh", "-c", script + 'exec "$@"', "sh", *command]
        return runs.run(command, limits, **more)

    def dial(self, names, *options, limits=Limits(), port=None, **more):
        """Dials names and, beside them, a literal, which must be connected at once.

        Returns the run, and what is wrong with it in any case.
        """
        file = names if isinstance(names, os.PathLike) else self.names(names)
        run = self.run("connect", "127.0.0.1", port or self.port, "--json", "--while-resolving", file, *options, limits=limits,
                       **more)
        return run, run.faults(limits) + literal_faults(run, limits)


def literal_faults(run, limits):
    if run.status is None or run.status < 0:
        return []
    if not run.lines:
        return ["no line for the literal"]
    literal = run.lines[0]
    if not literal["ok"]:
        return [f"the literal: {json.dumps(literal['error'])}"]
    if literal["total_s"] > limits.literal:
        return [f"the literal took {literal['total_s']:.2f} s"]
    return []
