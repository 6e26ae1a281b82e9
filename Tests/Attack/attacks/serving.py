# SPDX-License-Identifier: Apache-2.0
"""One hostile server, in a process of its own: `attack --serve ADDRESS TRANSPORT BEHAVIOUR`.

Says "ready", and when its standard input ends one line of JSON: how many connections and queries there were.
"""

import asyncio
import collections
import contextlib
import json
import logging
import os
import socket
import ssl
import sys

from bad_servers.messages import A, AAAA, CNAME, TC, QR, RA, RD, Query, Reply, Unreadable, record, soa, wire

from . import messages, streams

PORT, TLS_PORT = 53, 853
NAME = "dns.attack.test"
TRANSPORTS = ["udp", "tcp", "tls", "cut"]
# Versions and certificates that a client must not take, and what goes wrong before there are any.
TLS_TROUBLES = ["tls-1.0", "tls-1.1", "plain", "mute", "junk", "close", "other-name", "address-only"]


class Counts:
    def __init__(self):
        self.connections = self.queries = 0


def serve(address, transport, behaviour, folder):
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    # Whoever is attacked comes first, save where it is the flood that is to be faster.
    if behaviour not in messages.ENDLESS:
        os.nice(5)
    counts = Counts()
    asyncio.run(run(address, transport, behaviour, folder, counts))
    # At the end of all of it nobody reads this.
    with contextlib.suppress(OSError):
        print(json.dumps(vars(counts)), flush=True)
    os._exit(0)


async def run(address, transport, behaviour, folder, counts):
    loop = asyncio.get_running_loop()
    if behaviour == "rebinding":
        open_datagrams(loop, address, counts, rebind)
        await asyncio.start_server(handler(respond_over_stream(rebind), counts), address, PORT, backlog=1024)
    elif transport == "udp":
        respond = messages.ALL[behaviour][0]
        is_endless = behaviour in messages.ENDLESS
        open_datagrams(loop, address, counts, respond, is_endless=is_endless)
        # No stream says what the datagrams do not: time alone leads on.
        behave = plainly("mute") if is_endless else respond_over_stream(respond)
        await asyncio.start_server(handler(behave, counts), address, PORT, backlog=1024)
    elif transport == "cut":
        open_datagrams(loop, address, counts, cut)
    if transport in ("tcp", "cut", "tls"):
        port = TLS_PORT if transport == "tls" else PORT
        context = security(folder, behaviour) if transport == "tls" else None
        if behaviour in TLS_TROUBLES:
            behave = plainly(behaviour) if context is None else respond_over_stream(messages.ALL["good"][0])
        else:
            behave = (respond_over_stream(messages.ALL[behaviour][0]) if behaviour in messages.ALL
                      else streams.ALL[behaviour][0])
        await asyncio.start_server(handler(behave, counts), address, port, ssl=context, backlog=1024)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def security(folder, behaviour):
    """`None` where nothing is encrypted."""
    if behaviour in ("plain", "mute", "junk", "close"):
        return None
    certificate = {"other-name": "other", "address-only": "address"}.get(behaviour, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
    if behaviour in ("tls-1.0", "tls-1.1"):
        version = ssl.TLSVersion.TLSv1 if behaviour == "tls-1.0" else ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return context


def plainly(behaviour):
    async def behave(reader, writer, spoken):
        match behaviour:
            case "plain":
                await streams.converse(reader, writer, spoken, messages.ALL["good"][0])
            case "mute":
                await asyncio.sleep(streams.PATIENCE)
            case "junk":
                await streams.flood(writer, os.urandom(4096))
    return behave


def respond_over_stream(respond):
    async def behave(reader, writer, spoken):
        await streams.converse(reader, writer, spoken, respond)
    return behave


def handler(behave, counts):
    spoken = messages.Spoken()

    async def handle(reader, writer):
        counts.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            try:
                await behave(reader, writer, spoken)
                await writer.drain()
            finally:
                writer.close()
    return handle


def cut(query, spoken):
    return [Reply(query, flags=QR | RD | RA | TC)]


def rebind(query, spoken):
    """The address that is written in the name: a-, m- (mapped) and q- in hexadecimal; c- is an alias for a-."""
    kind, _, rest = query.labels[0].lower().partition("-")
    if not query.name.endswith(".rebind.test"):
        return [messages.good(query)]
    try:
        data = bytes.fromhex(rest)
    except ValueError:
        return [messages.good(query)]
    found = []
    if kind == "a" and query.type == A:
        found = [record(A, data)]
    elif kind == "c" and query.type == A:
        target = wire(f"a-{rest}.rebind.test")
        found = [record(CNAME, target), record(A, data, target)]
    elif kind == "m" and query.type == AAAA:
        found = [record(AAAA, bytes(10) + b"\xff\xff" + data)]
    elif kind == "q" and query.type == AAAA:
        found = [record(AAAA, data)]
    return [Reply(query, answers=found, authority=[] if found else [soa()])]


def open_datagrams(loop, address, counts, respond, is_endless=False):
    """A plain socket: asyncio's drops empty datagrams."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    line.bind((address, PORT))
    line.setblocking(False)
    spoken = messages.Spoken()
    flood = collections.deque(maxlen=messages.FLOODED_PORTS)

    def pour():
        for message, peer in flood:
            for _ in range(messages.FLOOD_AT_ONCE):
                with contextlib.suppress(OSError):
                    line.sendto(message, peer)
        loop.call_soon(pour)

    def receive():
        while True:
            try:
                raw, peer = line.recvfrom(4096)
            except OSError:
                return
            counts.queries += 1
            try:
                query = Query(raw, peer[1])
            except Unreadable:
                continue
            spoken.take(query)
            for message in respond(query, spoken):
                # What is longer than a datagram is a stream's; a full buffer loses it.
                with contextlib.suppress(OSError):
                    line.sendto(bytes(message)[:65_507], peer)
                if is_endless:
                    if not flood:
                        loop.call_soon(pour)
                    flood.append((bytes(message), peer))

    loop.add_reader(line, receive)
