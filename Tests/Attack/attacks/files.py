# SPDX-License-Identifier: Apache-2.0
"""Files by shape and size: whatever stands in /etc, a literal and the names beside it are dialed, in bounded time and memory."""

import os
import random
import socket

from .cases import Limits, add, case
from .messages import PARENT

MEGABYTE = 1 << 20
CHUNK = MEGABYTE
# At most twice the file, beside the tool itself (issue, item 14).
BASE_MEMORY = 100
# Until a large file has been read, in seconds: whoever waits for it is not to be sent away before.
PATIENCE = 60
ALONE = Limits(seconds=30, processor=2, memory=80)


def repeated(pattern, size):
    """Writes a pattern again and again."""
    pattern = pattern.encode() if isinstance(pattern, str) else pattern
    block = pattern * max(1, CHUNK // len(pattern))

    def write(file):
        left = size
        while left > 0:
            left -= file.write(block[:left])
    return write


def lines(make, count, head="", tail=""):
    def write(file):
        file.write(head.encode())
        for start in range(0, count, 10_000):
            file.write("".join(make(each) for each in range(start, min(count, start + 10_000))).encode())
        file.write(tail.encode())
    return write


def noise(size):
    def write(file):
        source = random.Random(size)
        for _ in range(0, size, CHUNK):
            file.write(source.randbytes(min(size, CHUNK)))
    return write


SHAPES = {
    "newlines": lambda size: repeated("\n", size),
    "spaces": lambda size: repeated(" ", size),
    "nuls": lambda size: repeated(b"\0", size),
    "one-word": lambda size: repeated("a", size),
    "one-comment": lambda size: repeated("#", size),
    "words": lambda size: repeated("a b 1.2.3.4 ", size),
    "colons": lambda size: repeated(":;[]=!,", size),
    "noise": noise,
    "carriage-returns": lambda size: repeated("x y\r", size),
    "high-bytes": lambda size: repeated(b"\xff\xfe\xc0\x80", size),
}
FILES = {
    "hosts": "127.0.0.1 localhost good.attack.test\n",
    "resolv.conf": "nameserver {server}\n",
    "nsswitch.conf": "hosts: files dns\n",
    "services": "x-service 80/tcp\n",
    "gai.conf": "# none\n",
}


def limits_for(size):
    # A debug build reads some megabytes a second; what is worse than linear takes minutes.
    processor = 4 + 0.5 * size / MEGABYTE
    return Limits(seconds=PATIENCE + 20, processor=processor, memory=BASE_MEMORY + 2 * size / MEGABYTE)


def dial(arena, files, names, limits, *options, expects=None, environment=None):
    """Dials a literal beside names, with these files in /etc."""
    everything = {name: text.format(server=arena.rebinding) for name, text in FILES.items()} | files
    bound = {}
    for name, content in everything.items():
        bound[f"/etc/{name}"] = content if isinstance(content, os.PathLike) else arena.file(content, name)
    try:
        run, faults = arena.dial(names, "--lookup-timeout", "5", "--deadline", "8", *options, limits=limits, files=bound,
                                 environment=environment)
        # A literal alone needs none of them, before its clocks run either.
        alone = arena.run("connect", "127.0.0.1", arena.port, "--json", limits=ALONE, files=bound, environment=environment)
        faults += [f"a literal alone: {each}" for each in alone.faults(ALONE, statuses=(0,))]
    finally:
        for path in bound.values():
            if os.path.isfile(path) and os.path.getsize(path) > MEGABYTE:
                os.unlink(path)
    if expects is not None and not faults and (run.background or {}).get("connected") != expects:
        faults.append(f"{run.background} and not {expects} connected")
    return faults


def shaped(name, shape, size):
    def attack(arena):
        write = SHAPES[shape](size)

        def behind(file):
            # The file as it should be, and then that.
            file.write(FILES[name].format(server=arena.rebinding).encode())
            write(file)
        more = [f"--{each}={PATIENCE}" for each in ("deadline", "queue-timeout", "lookup-timeout")]
        return dial(arena, {name: behind}, ["localhost", f"n.{PARENT}"], limits_for(size), *more,
                    expects=2 if name != "resolv.conf" else None)
    return attack


def special(name, kind):
    """What is no file, or has no end."""
    def attack(arena):
        path = arena.folder / f"{kind}.{next(arena.numbers)}"
        match kind:
            case "fifo":
                os.mkfifo(path)
            case "endless":
                path = type(path)("/dev/zero")
            case "sparse":
                path.touch()
                os.truncate(path, 1 << 40)
            case "unreadable":
                path.touch()
                os.chmod(path, 0)
            case "empty":
                path.touch()
        return dial(arena, {name: path}, ["localhost", f"n.{PARENT}"], Limits(seconds=25, processor=6, memory=250))
    return attack


def register():
    for name in FILES:
        for shape in SHAPES:
            # Both stand for what was there: 2.1 GB, and 10 s.
            is_always = (name, shape) in [("hosts", "newlines"), ("resolv.conf", "one-word")]
            for size in [MEGABYTE, 8 * MEGABYTE, *[60 * MEGABYTE] * is_always]:
                add(f"file/{name}/{shape}/{size // MEGABYTE}-mb", "item 14", shaped(name, shape, size),
                    is_heavy=size > MEGABYTE, is_always=is_always and size == 8 * MEGABYTE)
        for kind in ["fifo", "endless", "sparse", "unreadable", "empty"]:
            add(f"file/{name}/{kind}", "item 14", special(name, kind))


register()

SMALL = Limits(seconds=25, processor=8, memory=150)


def many_addresses(arena, make, count, name, seconds="2", *options):
    """A name with so many addresses in the hosts file; the literal beside it, alone and with it."""
    names = arena.names([name])
    # Of all these addresses one listens: each of the others is refused at once, and leads to the next.
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        return dial_many(arena, listener.getsockname()[1], make, count, names, seconds, options)


def dial_many(arena, port, make, count, names, seconds, options):
    alone = min(arena.run("connect", "127.0.0.1", port, "--json").lines[0]["total_s"] for _ in range(3))
    hosts = arena.file(lines(make, count, head="127.0.0.1 localhost\n"), "hosts")
    try:
        run, faults = arena.dial(names, "--deadline", seconds, *options, limits=SMALL, port=port,
                                 files={"/etc/hosts": hosts})
    finally:
        os.unlink(hosts)
    if run.background:
        if run.background["last_s"] > float(seconds) + 2:
            faults.append(f"the name ended {run.background['last_s']:.1f} s after a deadline of {seconds} s was set")
        ratio = run.lines[0]["total_s"] / max(alone, 0.001)
        arena.note(f"literal beside {count:,} addresses, times alone", round(ratio, 1))
    return faults


for _count in [300, 50_000, 100_000]:
    for _kind, _make in {
        "4": lambda each: f"127.{1 + each // 65_536}.{each // 256 % 256}.{each % 256} many.{PARENT}\n",
        "6": lambda each: f"2001:db8::{each + 1:x} many.{PARENT}\n",
        "both": lambda each: f"{'10.0' if each % 2 else '2001:db8:'}{'.' if each % 2 else ':'}"
                             f"{f'{each // 256 % 256}.{each % 256}' if each % 2 else f'{each:x}'} many.{PARENT}\n",
    }.items():
        def _attack(arena, count=_count, make=_make):
            return many_addresses(arena, make, count, f"many.{PARENT}")

        def _vetted(arena, count=_count, make=_make):
            return many_addresses(arena, make, count, f"many.{PARENT}", "2", "--allow", "127.0.0.0/8")
        add(f"file/hosts/{_count}-addresses-{_kind}", "item 11", _attack, is_heavy=True,
            is_always=_count == 100_000 and _kind == "4")
        add(f"file/hosts/{_count}-addresses-{_kind}-vetted", "item 11: policy first", _vetted, is_heavy=True)


@case("file/hosts/100000-aliases-in-a-line", "item 14", is_heavy=True)
def _(arena):
    content = lines(lambda each: f" a{each}", 100_000, head="127.0.0.1 localhost", tail=f" last.{PARENT}\n")
    return dial(arena, {"hosts": content}, [f"last.{PARENT}", "a99999"], SMALL, expects=2)


@case("file/hosts/100000-names", "item 14", is_heavy=True)
def _(arena):
    content = lines(lambda each: f"127.0.0.1 h{each}.{PARENT}\n", 100_000)
    return dial(arena, {"hosts": content}, [f"h0.{PARENT}", f"h99999.{PARENT}"], SMALL, expects=2)


@case("file/hosts/no-last-newline", "hosts(5)")
def _(arena):
    return dial(arena, {"hosts": f"127.0.0.1 last.{PARENT}"}, [f"last.{PARENT}"], SMALL, expects=1)


def resolving(name, source, content, names=("n.attack.test",), expects=None, environment=None, **more):
    def attack(arena):
        written = content(arena) if callable(content) else content
        return dial(arena, {"resolv.conf": written}, list(names), SMALL, "--resolver", "dns", expects=expects,
                    environment=environment)
    add(f"file/resolv.conf/{name}", source, attack, **more)


def nameserver(arena):
    return f"nameserver {arena.rebinding}\n"


for _count in [6, 85, 1_000, 100_000]:
    for _repeat in ["distinct", "same"]:
        def _domains(arena, count=_count, repeat=_repeat):
            return lines(lambda each: f" d{each if repeat == 'distinct' else 0}.test", count,
                         head=nameserver(arena) + "search", tail="\noptions ndots:9\n")
        # Names that do not exist below any of them: the most there is to ask for.
        resolving(f"{_count}-domains-{_repeat}", "item 1", _domains, ["rebind", "rebind.x"], is_heavy=_count > 1_000,
                  is_always=_count >= 85 and _repeat == "distinct" and _count != 1_000)
resolving("100000-search-lines", "item 1",
          lambda arena: lines(lambda each: f"search d{each}.test\n", 100_000, head=nameserver(arena)), expects=1)
resolving("100000-servers", "item 1",
          lambda arena: lines(lambda each: f"nameserver 127.99.{each // 250 % 250}.{each % 250 + 1}\n", 100_000,
                              head=nameserver(arena)), expects=1)
resolving("100000-servers-first", "item 1",
          lambda arena: lines(lambda each: f"nameserver junk{each}\n", 100_000, tail=nameserver(arena)), expects=1)
resolving("100000-options", "item 14",
          lambda arena: lines(lambda each: f" x{each}:{each}", 100_000, head=nameserver(arena) + "options", tail="\n"),
          expects=1)
resolving("100000-sortlist", "item 14",
          lambda arena: lines(lambda each: f" 10.{each % 256}.0.0/255.255.0.0", 100_000,
                              head=nameserver(arena) + "sortlist", tail="\n"), expects=1)
for _option in ["ndots", "timeout", "attempts"]:
    for _value in ["0", "-1", "99999999999999999999999999", "18446744073709551616", "9223372036854775808", "x", ""]:
        resolving(f"{_option}:{_value}", "item 9", lambda arena, option=_option, value=_value:
                  nameserver(arena) + f"options {option}:{value}\n", expects=1)
for _variable, _text in [("RES_OPTIONS", "x:1 " * 30_000), ("RES_OPTIONS", "ndots:" + "9" * 100_000),
                         ("LOCALDOMAIN", "d.test " * 15_000), ("LOCALDOMAIN", "d" * 120_000),
                         ("HOSTALIASES", "/dev/zero"), ("HOSTALIASES", "/etc"), ("FAIRDIAL", "x" * 120_000)]:
    resolving(f"environment-{_variable}-{_text[:6].strip().replace('/', '|')}-{len(_text)}", "items 1 and 14", nameserver,
              environment={_variable: _text})


def switching(name, content):
    def attack(arena):
        return dial(arena, {"nsswitch.conf": content}, ["localhost", f"n.{PARENT}"], SMALL)
    add(f"file/nsswitch.conf/{name}", "item 15", attack, is_always=name == "empty-hosts")


switching("empty-hosts", "passwd: files\nhosts:\n")
switching("empty-hosts-and-spaces", "hosts:   \t \n")
switching("empty-hosts-and-comment", "hosts: # dns\n")
switching("hosts-alone", "hosts")
switching("unknown", "hosts: frobnicate wibble\n")
switching("brackets", "hosts: files [[[NOTFOUND=return dns\n")
switching("reaction-only", "hosts: [NOTFOUND=return]\n")
switching("100000-sources", lines(lambda each: " files", 100_000, head="hosts:", tail="\n"))
switching("100000-unknown", lines(lambda each: f" s{each}", 100_000, head="hosts:", tail="\n"))
switching("100000-lines", lines(lambda each: "hosts: files dns\n", 100_000))
for _length in [244, 300_000, 3_000_000, 5_000_000]:
    for _more in ["", " [UNAVAIL=return] files dns"]:
        # Written when it is wanted: what this process holds counts as memory of each that it starts.
        switching(f"long-source-{_length}{'-stops' * bool(_more)}", lambda file, length=_length, more=_more:
                  file.write(b"hosts: " + b"s" * length + more.encode() + b"\n"))


def serving(name, content, service="x-service"):
    def attack(arena):
        services = arena.file(content, "services")
        run = arena.run("resolve", "127.0.0.1", service, "--json", limits=SMALL, files={"/etc/services": services})
        return run.faults(SMALL)
    add(f"file/services/{name}", "issue: services file junk", attack)


serving("100000-lines", lines(lambda each: f"s{each} {each % 65_536}/tcp\n", 100_000, tail="x-service 80/tcp\n"))
serving("100000-aliases", lines(lambda each: f" a{each}", 100_000, head="s 80/tcp", tail=" x-service\n"))
for _port in ["-1/tcp", "65536/tcp", "99999999999999999999/tcp", "/tcp", "80", "80/", "80/" + "t" * 100_000, "0x50/tcp"]:
    serving(f"port-{_port[:24].replace('/', '|')}", f"x-service {_port}\n")
