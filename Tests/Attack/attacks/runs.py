# SPDX-License-Identifier: Apache-2.0
"""Runs the tool, and measures what it takes."""

import dataclasses
import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time

# What is written down of an output: the rest is counted.
LONGEST_OUTPUT = 4 << 20
SAMPLING_INTERVAL = 0.05
MEGABYTE = 1 << 20


@dataclasses.dataclass
class Run:
    """How a process ended, and what it took."""

    command: list
    # Below zero by a signal, `None` where it had to be killed.
    status: int | None
    output: str
    complaint: str
    seconds: float
    processor: float
    memory: float
    descriptors: int

    @property
    def lines(self):
        """The output's lines of JSON; those that are none are left out."""
        found = []
        for line in self.output.splitlines():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
        return found

    @property
    def background(self):
        """What `--while-resolving` says at the end."""
        return next((each["background"] for each in reversed(self.lines) if each.get("background")), None)

    def faults(self, limits, statuses=(0, 1), tells=True):
        """What is wrong with it, whatever was attacked: one text each."""
        found = []
        if self.status is None:
            found.append(f"no end within {limits.seconds:g} s")
        elif self.status < 0:
            found.append(f"ended by {signal.Signals(-self.status).name}: {brief(self.complaint)}")
        elif self.status not in statuses:
            found.append(f"status {self.status}: {brief(self.complaint + self.output)}")
        elif tells and self.status != 0 and not self.complaint.strip() and not self.tells_why():
            found.append(f"status {self.status} without a word")
        if self.processor > limits.processor:
            found.append(f"{self.processor:.1f} s of the processor, of {limits.processor:g}")
        if self.memory > limits.memory:
            found.append(f"{self.memory:.0f} MB, of {limits.memory:g}")
        if self.descriptors > limits.descriptors:
            found.append(f"{self.descriptors} descriptors, of {limits.descriptors}")
        return found

    def tells_why(self):
        if "--json" not in self.command:
            return bool(self.output.strip())
        return any((each.get("error") or {}).get("code") for each in self.lines if isinstance(each, dict))


def brief(text):
    """A text's beginning, in one line: a crash says first what it is."""
    return " ".join(text.split())[:200]


def run(command, limits, stdin=b"", environment=None, finish=None, **more):
    """Runs a command until it ends, or until its time is over: then it is killed.

    `finish` is an event that ends it early with SIGTERM, where enough has been seen.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        streams = {"stdin": given, "stdout": output, "stderr": complaint} | more
        start = time.monotonic()
        process = subprocess.Popen([str(each) for each in command], env={**os.environ, **(environment or {})},
                                   start_new_session=True, **streams)
        usage, peak, resident = wait(process, start + limits.seconds, finish)
        seconds = time.monotonic() - start
        texts = []
        for file in (output, complaint):
            file.seek(0)
            texts.append(file.read(LONGEST_OUTPUT).decode(errors="replace"))
    return Run(command, process.returncode, *texts, seconds, usage.ru_utime + usage.ru_stime,
               memory(usage, resident) / 1024, peak)


def memory(usage, resident):
    """The most that it had in memory, in KiB.

    The kernel counts for a process also what the one had that it was forked from: ourselves, who have large files in
    memory. Where it says no more than that, what was seen is all that is known.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss if usage.ru_maxrss > own else resident


def wait(process, end, finish):
    """Its use of resources, the most descriptors it was seen to have, and the most memory, in KiB."""
    peak = resident = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, peak, resident
        peak = max(peak, count_descriptors(process.pid))
        resident = max(resident, count_resident(process.pid))
        is_late = time.monotonic() > end
        if is_late or finish and finish.is_set():
            os.kill(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = None if is_late else 0
            return usage, peak, resident
        time.sleep(SAMPLING_INTERVAL)


def count_descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def count_resident(pid):
    """The most memory that a process has had since it began to be what it is, in KiB."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    except (OSError, ValueError):
        return 0


class Listener:
    """Accepts on every address there is, and counts by the address that was dialed."""

    def __init__(self):
        import socket
        self.socket = socket.socket(socket.AF_INET6)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.bind(("::", 0))
        self.socket.listen(4096)
        self.port = self.socket.getsockname()[1]
        self.reached = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.reached.append(connection.getsockname()[0])
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
