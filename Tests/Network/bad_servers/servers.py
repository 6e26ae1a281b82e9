# SPDX-License-Identifier: Apache-2.0
"""The servers: one process, one socket for all of their addresses, and for each address a way and what it remembers.

They are told what to be, and say whether they have been asked, over a line to the process that has started them:

    add ADDRESS WAY, remove ADDRESS, end        to the servers
    asked ADDRESS, fault TEXT                   from them
"""

import asyncio
import contextlib
import dataclasses
import ipaddress
import logging
import socket
import struct

from .messages import Query, Unreadable
from .ways import ALL, TCP_STATES, Send, State

PORT, OTHER_PORT, SERVICE = 53, 5353, 7777
# The second byte of a server's address says what the firewall does to it: see `rules`.
FIRST_NETWORK = 40
# As Linux has it; Python has no name for it.
IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)


def network(tcp, udp):
    return FIRST_NETWORK + TCP_STATES.index(tcp) + len(TCP_STATES) * (udp == "refused")


def rules():
    """What the firewall does, for nft."""
    lines = []
    for tcp in TCP_STATES:
        for udp in ["served", "refused"]:
            to = f"ip daddr 10.{network(tcp, udp)}.0.0/16"
            if udp == "refused":
                lines.append(f"{to} udp dport {PORT} reject")
            if tcp != "served":
                lines.append(f"{to} tcp dport {PORT} " + ("drop" if tcp == "dropped" else "reject with tcp reset"))
    chain = "type filter hook input priority 0\n" + "\n".join(lines)
    return f"table inet trouble {{\nchain input {{\n{chain}\n}}\n}}\n"


def serve(line):
    """Answers until the other end of the line says that it is over, or is gone."""
    # Whoever has left is no reason for a warning.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    asyncio.run(Servers(line).run())


class Servers:
    """Answers for all addresses."""

    def __init__(self, line):
        self.line, self.unread = line, b""
        self.states = {}
        self.tasks = set()

    async def run(self):
        self.is_over = asyncio.Event()
        self.line.setblocking(False)
        await self.start()
        asyncio.get_running_loop().add_reader(self.line, self.obey)
        self.say("ready")
        await self.is_over.wait()

    def say(self, text):
        # A full line means that nobody reads: then nobody misses this either.
        with contextlib.suppress(OSError):
            self.line.send(f"{text}\n".encode())

    def obey(self):
        """Does what has been said so far."""
        while True:
            try:
                read = self.line.recv(65_536)
            except BlockingIOError:
                return
            except OSError:
                read = b""
            if not read:
                self.is_over.set()
                return
            *lines, self.unread = (self.unread + read).split(b"\n")
            for line in lines:
                match line.decode().split():
                    case ["add", address, name]:
                        self.states[address] = State(ALL[name])
                    case ["remove", address]:
                        self.states.pop(address, None)

    def state(self, address):
        """Who answers at that address: where it is asked at once, the query may be here before the word of it."""
        if address not in self.states:
            self.obey()
        return self.states.get(address)

    async def start(self):
        self.lines = {port: self.open(port) for port in (PORT, OTHER_PORT)}
        loop = asyncio.get_running_loop()
        loop.add_reader(self.lines[PORT], self.receive)
        await asyncio.start_server(self.stream, "0.0.0.0", PORT, backlog=4096)
        await asyncio.start_server(self.accept, "::", SERVICE, backlog=4096)
        await asyncio.start_server(self.accept, "0.0.0.0", SERVICE, backlog=4096)

    @staticmethod
    def open(port):
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        # Hundreds ask at once, and what is lost here would be a way of its own.
        line.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 8 << 20)
        line.bind(("0.0.0.0", port))
        line.setblocking(False)
        return line

    # Datagrams

    def receive(self):
        while True:
            try:
                raw, control, _, peer = self.lines[PORT].recvmsg(4096, 128)
            except BlockingIOError:
                return
            asked = next(socket.inet_ntoa(data[8:12]) for level, kind, data in control if kind == IP_PKTINFO)
            state = self.state(asked)
            if state is None:
                continue
            try:
                query = Query(raw, peer[1])
            except Unreadable:
                self.say(f"fault unreadable: {raw.hex()}")
                continue
            for each in self.answers(state, query, asked):
                if each.after > 0:
                    asyncio.get_running_loop().call_later(each.after, self.send, each, asked, peer)
                else:
                    self.send(each, asked, peer)

    def answers(self, state, query, asked):
        state.take(query)
        if state.count == 1:
            self.say(f"asked {asked}")
        respond = state.way.over_tcp if query.tcp and state.way.over_tcp else state.way.respond
        try:
            answers = respond(query, state)
        except Exception as fault:
            # A fault of this program, and not one of those that it is about: said at the end, which fails the grid.
            self.say(f"fault {state.way.name}: {fault!r}")
            return []
        if answers is None:
            return []
        answers = answers if isinstance(answers, list) else [answers]
        sends = [each if isinstance(each, Send) else Send(each) for each in answers]
        # Made now: whatever they are made of may be something else later.
        return [dataclasses.replace(each, payload=bytes(each.payload)) for each in sends]

    def send(self, each, asked, peer):
        source = ipaddress.IPv4Address(each.address or asked).packed
        control = [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, source, bytes(4)))]
        # Who has left gets nothing; a buffer that is full is a datagram that is lost.
        with contextlib.suppress(OSError):
            self.lines[each.port or PORT].sendmsg([each.payload], control, 0, peer)

    # Streams

    async def stream(self, reader, writer):
        asked = writer.get_extra_info("sockname")[0]
        try:
            # Longer than any client waits.
            await asyncio.wait_for(self.converse(self.state(asked), asked, reader, writer), 60)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # At the end of all of it, too, nobody waits for this.
            pass
        finally:
            writer.close()

    async def converse(self, state, asked, reader, writer):
        delivery = state.way.stream if state else "close"
        if delivery == "close":
            return
        if delivery == "silent":
            await reader.read()
            return
        while True:
            raw = await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])
            try:
                query = Query(raw, writer.get_extra_info("peername")[1], tcp=True)
            except Unreadable:
                self.say(f"fault unreadable, over a stream: {raw.hex()}")
                return
            for each in self.answers(state, query, asked):
                if each.after:
                    self.later(each.after, delivery, each.payload, writer)
                elif not await deliver(delivery, each.payload, writer):
                    await writer.drain()
                    return

    def later(self, after, delivery, payload, writer):
        async def wait():
            await asyncio.sleep(after)
            with contextlib.suppress(OSError):
                await deliver(delivery, payload, writer)
        task = asyncio.create_task(wait())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def accept(self, reader, writer):
        """The service that the names' addresses are for."""
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(reader.read(), 60)
        writer.close()


async def deliver(how, message, writer):
    """Writes an answer the way that stream is; says whether the connection goes on."""
    length = struct.pack("!H", len(message))
    match how:
        case "plain":
            writer.write(length + message)
        case "close-after-query":
            return False
        case "reset":
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        case "dribble" | "dribble-slowly":
            for byte in length + message:
                if writer.is_closing():
                    return False
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01 if how == "dribble" else 0.1)
        case "junk":
            writer.write(b"\x00\x20" + b"\xff" * 32)
            return False
        case "length-too-big":
            writer.write(struct.pack("!H", len(message) + 2000) + message)
            return False
        case "length-too-small":
            writer.write(struct.pack("!H", len(message) - 10) + message)
        case "length-zero":
            writer.write(b"\0\0" + length + message)
        case "half":
            writer.write((length + message)[:len(message) // 2])
            await asyncio.sleep(40)
        case "one-answer":
            writer.write(length + message)
            return False
        case "wrong-id":
            writer.write(length + bytes([message[0] ^ 1]) + message[1:])
        case "in-turn":
            await asyncio.sleep(0.5)
            writer.write(length + message)
        case _:
            raise AssertionError(how)
    return True
