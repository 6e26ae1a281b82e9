# SPDX-License-Identifier: Apache-2.0
"""Servers by behaviour and transport."""

import json
import subprocess
import sys
import threading

from . import messages, serving, streams
from .cases import Limits, add, case

# So many names at once of each server.
NAMES = 8
# Lookups end after 5 s, and a process soon after.
LIMITS = Limits(seconds=20, processor=4, memory=100)
# Two families, twenty tries, and their forms, for each name.
MOST_QUERIES = 2 * 48


class Server:
    """A hostile server in a process of its own, and afterwards its counts."""

    def __init__(self, arena, transport, behaviour):
        self.address = arena.address()
        self.transport, self.behaviour = transport, behaviour
        if behaviour == "address-only":
            certify(arena.folder, "address", f"IP:{self.address}")
        self.process = subprocess.Popen(
            [sys.executable, arena.script, "--serve", self.address, transport, behaviour, arena.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the server {transport}/{behaviour} does not start")
        self.connections = self.queries = 0

    def options(self, arena):
        more = {"tcp": ["--tcp"], "tls": ["--tls", "--tls-name", serving.NAME,
                                          "--tls-authorities", f"{arena.folder}/authority.pem"]}
        return ["--server", self.address, *more.get(self.transport, [])]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
            said = self.process.stdout.readline()
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if said:
            self.connections, self.queries = json.loads(said).values()


def certify(folder, name, alternative):
    """A certificate of the arena's own authority."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
    key, request, extensions = f"{folder}/{name}.key", f"{folder}/{name}.csr", f"{folder}/{name}.ext"
    with open(extensions, "w") as file:
        file.write(f"subjectAltName={alternative}\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", request,
            "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", request, "-CA", f"{folder}/authority.pem", "-CAkey", f"{folder}/authority.key",
            "-out", f"{folder}/{name}.pem", "-days", "2", "-extfile", extensions)


def prepare(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", f"{folder}/authority.key", "-out", f"{folder}/authority.pem", "-days", "2",
                    "-subj", "/CN=attack"], check=True, capture_output=True, timeout=30)
    certify(folder, "server", f"DNS:{serving.NAME}")
    certify(folder, "other", "DNS:other.attack.test")


def attack(transport, behaviour, finds, in_turn=False, loses=0):
    def attack(arena):
        with Server(arena, transport, behaviour) as server:
            options = [*server.options(arena), "--lookup-timeout", "5"]
            if in_turn:
                # The same name again and again, which nobody may keep: what is learned of the server shows.
                run = arena.run("connect", f"zero.{messages.PARENT}", arena.port, "--json", "--count", "8", *options,
                                limits=LIMITS)
                faults = run.faults(LIMITS)
                connected = sum(each["ok"] for each in run.lines)
            else:
                run, faults = arena.dial([f"n{each}.{messages.PARENT}" for each in range(NAMES)], *options, limits=LIMITS)
                connected = (run.background or {}).get("connected", 0)
        if finds and connected < NAMES - loses * (transport != "udp"):
            faults.append(f"{connected} of {NAMES} names found: {(run.background or {}).get('failed')}")
        if behaviour in serving.TLS_TROUBLES and connected:
            faults.append(f"{connected} of {NAMES} names believed of that server")
        if server.connections > LIMITS.connections:
            faults.append(f"{server.connections} connections, of {LIMITS.connections}")
        if server.queries > MOST_QUERIES * NAMES:
            faults.append(f"{server.queries} datagrams, of {MOST_QUERIES * NAMES}")
        return faults
    return attack


def register():
    for name, (_, source, finds, more) in messages.ALL.items():
        for transport in ["udp", "tcp", "tls"]:
            add(f"server/{name}/{transport}", source, attack(transport, name, finds, **more),
                is_heavy=name.startswith(("huge", "same-address", "alias-chain-1500")))
    for name, (_, source, finds) in streams.ALL.items():
        for transport in ["tcp", "tls", "cut"]:
            add(f"stream/{name}/{transport}", source, attack(transport, name, finds),
                is_heavy="flood" in name, is_always=name == "empty-close" and transport == "tcp")
    for name in serving.TLS_TROUBLES:
        add(f"tls/{name}", "item 13", attack("tls", name, False), is_always=name.startswith("tls-1"))


register()


@case("server/endless-flood/another-server", "the second server has the name, and the first one floods", is_always=True)
def _(arena):
    with Server(arena, "udp", "endless-flood") as flooding, Server(arena, "udp", "good") as other:
        options = [*flooding.options(arena), *other.options(arena), "--lookup-timeout", "10"]
        run = arena.run("resolve", f"one.{messages.PARENT}", "--json", *options, limits=LIMITS)
    return run.faults(LIMITS, statuses=(0,))


@case("server/endless-flood/records", "a lookup of records, which no dial ends", is_always=True)
def _(arena):
    with Server(arena, "udp", "endless-flood") as server:
        run = arena.run("resolve", f"one.{messages.PARENT}", "--type", "TXT", "--json", *server.options(arena),
                        "--lookup-timeout", "5", limits=LIMITS)
    return run.faults(LIMITS, statuses=(1,))


@case("reach/connections-of-one-lookup", "item 2: a server that talks junk, for 10 s", is_always=True)
def _(arena):
    limits = Limits(seconds=30, processor=6)
    with Server(arena, "tcp", "empty-close") as server:
        run = arena.run("resolve", f"one.{messages.PARENT}", "--json", *server.options(arena), "--lookup-timeout", "10",
                        limits=limits)
    arena.note("connections of one lookup", server.connections)
    faults = run.faults(limits, statuses=(1,))
    if server.connections > limits.connections:
        faults.append(f"{server.connections} connections, of {limits.connections}")
    return faults


@case("reach/memory-of-5000-lookups", "item 2: at such a server", is_heavy=True, is_always=True)
def _(arena):
    # 100 MB is the promise for a release build, and holds there; a debug build takes some ten more.
    limits = Limits(seconds=60, processor=40, memory=112, literal=2)
    with Server(arena, "tcp", "empty-close") as server:
        names = arena.names(f"n{each}.{messages.PARENT}" for each in range(5_000))
        run, faults = arena.dial(names, *server.options(arena), "--lookup-timeout", "5", limits=limits)
    arena.note("MB for 5,000 lookups", round(run.memory))
    return faults


def rebinding(arena):
    """The server that answers with what is written in a name: one for all cases."""
    server = Server(arena, "udp", "rebinding")
    threading.Thread(target=server.process.wait, daemon=True).start()
    return server
