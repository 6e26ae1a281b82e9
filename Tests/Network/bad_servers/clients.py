# SPDX-License-Identifier: Apache-2.0
"""Asks the C library and FairDial, each question in a process of its own that knows nothing of the one before."""

import asyncio
import contextlib
import dataclasses
import ipaddress
import json
import os

from .servers import SERVICE

# The C library may take longer (two servers, two attempts, two families in turn, 5 s each): nobody calls that finding.
LIMIT = 34
NONE, TEMPORARY, FOUND = "does not exist", "temporary", "found"
# EAI_NONAME, EAI_NODATA; ours beside them.
NEGATIVES = {-2, -5, "nameNotFound", "noAddresses"}
# All at once, and one three times: names under three parents, most of which two families are known of.
TOGETHER = ["v4.corp.test", "both.corp.test", "v6.corp.test", "both.shop.test", "v4.shop.test", "alias.shop.test",
            "both.lab.example", "v4.lab.example"]
AGAIN = "zero.lab.example"


@dataclasses.dataclass
class Outcome:
    """What a lookup came to."""

    kind: str
    addresses: frozenset
    seconds: float
    error: str = ""

    def __str__(self):
        found = ", ".join(sorted(self.addresses)) or self.error or self.kind
        return f"{found} in {self.seconds:.2f} s"


@dataclasses.dataclass
class Together:
    """What came of many dials by one process: how many at once connected, and which of those in a row."""

    connected: int
    again: list
    last: float
    again_seconds: list
    error: str = ""

    @property
    def seconds(self):
        return max([self.last, *self.again_seconds])

    def __str__(self):
        row = "".join("+" if each else "-" for each in self.again)
        times = ", ".join(f"{each:.2f}" for each in self.again_seconds)
        dials = f"{self.connected} connected in {self.last:.2f} s"
        return f"{dials}, in a row {row or 'nothing'} in {times or '-'} s {self.error}".rstrip()


class Clients:
    """Starts the processes, so many at a time that none of them waits long for a processor."""

    def __init__(self, folder, client, namespace, fairdial):
        self.folder, self.client, self.namespace, self.fairdial = folder, client, namespace, fairdial
        self.number = 0
        self.processes = set()

    async def ask(self, who, name, configuration):
        if who == "c":
            said = await self.run([self.client, "ask", name], configuration)
            if said is None:
                return Outcome(TEMPORARY, frozenset(), LIMIT, "no end")
            return outcome(said["error"], said["addresses"], said["seconds"])
        said = await self.run([self.fairdial, "resolve", "--json", name], configuration)
        if said is None:
            return Outcome(TEMPORARY, frozenset(), LIMIT, "no end")
        seconds = (said["queue_s"] or 0) + (said["lookup_s"] or 0)
        return outcome(said["error"] and said["error"]["code"], [each["address"] for each in said["results"]], seconds)

    async def ask_together(self, who, configuration):
        if who == "c":
            said = await self.run([self.client, "together", str(SERVICE), AGAIN, *TOGETHER], configuration)
            if said is None:
                return Together(0, [False] * 3, LIMIT, [LIMIT])
            again = said["again"]
            seconds = [each["seconds"] for each in again]
            return Together(said["connected"], [each["connected"] for each in again], said["last"], seconds)
        names = self.folder / "together"
        command = [self.fairdial, "connect", AGAIN, str(SERVICE), "--json", "--count", "3", "--while-resolving", names]
        said = await self.run(command, configuration, all_lines=True)
        if not said:
            return Together(0, [False] * 3, LIMIT, [LIMIT])
        background = said[-1]["background"]
        errors = [each["error"]["code"] for each in said if each["error"]] + list(background["failed"])
        return Together(background["connected"], [each["ok"] for each in said], background["last_s"],
                        [each["total_s"] for each in said], " ".join(errors))

    async def run(self, command, configuration, all_lines=False):
        """The JSON that the command prints; `None` if there is none within the limit."""
        self.number += 1
        file = self.folder / f"resolv.conf.{self.number}"
        file.write_text(configuration)
        process = await asyncio.create_subprocess_exec(
            self.client, "enter", self.namespace, file, *command, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        self.processes.add(process)
        try:
            out, complaint = await asyncio.wait_for(process.communicate(), LIMIT)
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            self.processes.discard(process)
            os.unlink(file)
        try:
            lines = [json.loads(line) for line in out.splitlines()]
            return lines if all_lines else lines[0]
        except (ValueError, IndexError):
            how = f"ended with {process.returncode}: {complaint.decode()}"
            raise RuntimeError(f"{command[0]} {command[1]} {how}") from None


def outcome(error, addresses, seconds):
    if error:
        return Outcome(NONE if error in NEGATIVES else TEMPORARY, frozenset(), seconds, str(error))
    return Outcome(FOUND, frozenset(plain(each) for each in addresses), seconds)


def plain(address):
    """The address that is reached: one text for an IPv4 address and its IPv6 form."""
    value = ipaddress.ip_address(address)
    return str(getattr(value, "ipv4_mapped", None) or value)
