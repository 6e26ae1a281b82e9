# SPDX-License-Identifier: Apache-2.0
"""The servers, seen from the process that asks: see `servers` for what is said over the line."""

import asyncio

from .servers import network


class ServersElsewhere:
    """Gives out addresses of servers, and knows which of them have been asked."""

    @classmethod
    async def start(cls, line):
        self = cls()
        self.faults = []
        self.number = 0
        self.waiting = {}
        self.reader, self.writer = await asyncio.open_connection(sock=line)
        said = await asyncio.wait_for(self.reader.readline(), 10)
        if said != b"ready\n":
            raise RuntimeError("the servers do not start")
        self.listening = asyncio.create_task(self.listen())
        return self

    async def listen(self):
        while line := await self.reader.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if word == "asked" and rest in self.waiting and not self.waiting[rest].done():
                self.waiting[rest].set_result(None)
            elif word == "fault":
                self.faults.append(rest)
        self.faults.append("the servers are gone")

    def add(self, ways, tcp):
        """Addresses for servers that behave in these ways, and that nobody has asked yet."""
        addresses = []
        for way in ways:
            self.number += 1
            assert self.number < 65_000, "more servers than addresses"
            address = f"10.{network(tcp, way.udp)}.{self.number >> 8}.{self.number & 255}"
            self.waiting[address] = asyncio.get_running_loop().create_future()
            self.writer.write(f"add {address} {way.name}\n".encode())
            addresses.append(address)
        return addresses

    def asked(self, address):
        """Done once somebody has asked that server."""
        return self.waiting[address]

    def remove(self, addresses):
        for address in addresses:
            del self.waiting[address]
            self.writer.write(f"remove {address}\n".encode())
