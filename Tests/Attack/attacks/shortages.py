# SPDX-License-Identifier: Apache-2.0
"""Shortages: of descriptors, threads, memory, files, and of system calls. A word and an exit status of the contract, always."""

import errno
import os
import re
import subprocess
import threading

from .cases import Limits, add, case
from .messages import PARENT
from .servers import Server

LIMITS = Limits(seconds=25, processor=5)
NOBODY = 65_534


def limited(*options):
    return ["prlimit", *options]


def needs_more(arena, before, **more):
    """Whether not even the answer to a literal, which takes a task alone, is to be had: then it is the
    language's."""
    run = arena.run("resolve", "127.0.0.1", "--json", limits=LIMITS, before=before, **more)
    return run.status != 0 or not run.output


def dials(arena, before, limits=LIMITS, must_connect=False, **more):
    """A literal, localhost and a name, each by a process; what help cannot do with is left out."""
    faults = []
    for host, options in [("127.0.0.1", []), ("localhost", []), (f"n.{PARENT}", ["--server", arena.rebinding]),
                          (f"n.{PARENT}", ["--server", arena.rebinding, "--tcp"]), (f"n.{PARENT}", ["--resolver", "system"])]:
        run = arena.run("connect", host, arena.port, "--json", "--queue-timeout", "2", "--lookup-timeout", "3",
                        "--connect-timeout", "3", *options, limits=limits, before=before, **more)
        found = run.faults(limits)
        if must_connect and run.status != 0 and "system" not in options and "--tcp" not in options:
            found.append(f"status {run.status}: {run.output.strip()[-200:]}")
        faults += [f"{host} {' '.join(options[-1:])}: {each}" for each in found]
        if run.seconds > 15:
            faults.append(f"{host} took {run.seconds:.1f} s")
        if run.status is None:
            break
    return [] if faults and needs_more(arena, before, **more) else faults


def register():
    for count in [*range(7, 41), 48, 64, 100, 256]:
        def attack(arena, count=count):
            # What is enough for the loops, a literal and one name, is to connect.
            return dials(arena, limited(f"--nofile={count}:{count}"), must_connect=count >= 32)
        add(f"shortage/descriptors-{count}", "item 3", attack, is_always=count == 20)
    for count in [1, 2, 3, 4, 5, 6, 8, 12]:
        def attack(arena, count=count):
            user = ["setpriv", f"--reuid={NOBODY - count}", f"--regid={NOBODY}", "--clear-groups"]
            return dials(arena, [*user, *limited(f"--nproc={count}:{count}")])
        add(f"shortage/threads-{count}", "item 15", attack)
    for megabytes in [320, 384, 448, 512, 768]:
        def attack(arena, megabytes=megabytes):
            return [] if memory_is_the_languages(arena, megabytes) else dials(
                arena, limited(f"--as={megabytes << 20}:{megabytes << 20}"))
        add(f"shortage/memory-{megabytes}-mb", "item 15", attack)
    for name, option in {"file-size-0": "--fsize=0:0", "stack-64-kb": "--stack=65536:65536", "locks-0": "--memlock=0:0",
                         "signals-0": "--sigpending=0:0", "stack-unlimited": "--stack=unlimited:unlimited",
                         "priority-0": "--nice=0:0"}.items():
        add(f"shortage/{name}", "item 15", lambda arena, option=option: dials(arena, limited(option)))


def memory_is_the_languages(arena, megabytes):
    """Where the heap ends Swift's runtime traps: with less than twice what help takes nothing of ours can be told."""
    run = arena.run("help", limits=LIMITS, before=limited(f"--as={megabytes << 19}:{megabytes << 19}"))
    return run.status != 0


register()


# Standard streams

def closed(streams):
    def attack(arena):
        script = 'exec "$@"' + "".join({"0": " <&-", "1": " >&-", "2": " 2>&-"}[each] for each in streams)
        faults = []
        for arguments in [("connect", "127.0.0.1", arena.port, "--json"), ("connect", "localhost", arena.port),
                          ("connect", "127.0.0.1", "1", "--json"),
                          ("resolve", f"n.{PARENT}", "--server", arena.rebinding, "--tcp", "--json")]:
            run = arena.run(*arguments, limits=LIMITS, before=["sh", "-c", script, "sh"])
            tells = "1" not in streams and "2" not in streams
            faults += [f"{' '.join(map(str, arguments[:2]))}: {each}" for each in run.faults(LIMITS, tells=tells)]
            # Whatever is closed, a dial must not write into its own socket, nor say that it connected when it did not.
            expected = 1 if arguments[2] == "1" else 0
            if run.status is not None and run.status >= 0 and "1" not in streams and run.status != expected:
                faults.append(f"{' '.join(map(str, arguments[:3]))}: status {run.status}, not {expected}")
        return faults
    return attack


for _streams in ["0", "1", "2", "01", "02", "12", "012"]:
    add(f"shortage/closed-streams-{_streams}", "item 15", closed(_streams), is_always=_streams == "012")


@case("shortage/full-output", "item 15: nothing more can be written")
def _(arena):
    with open("/dev/full", "w") as full:
        run = arena.run("connect", "127.0.0.1", arena.port, "--json", limits=LIMITS, stdout=full)
    return run.faults(LIMITS, tells=False)


@case("shortage/broken-pipe", "item 15: whoever reads has left")
def _(arena):
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as pipe:
        run = arena.run("connect", "127.0.0.1", arena.port, "--json", "--count", "50", limits=LIMITS, stdout=pipe)
    # To end by SIGPIPE is what every tool does.
    return [] if run.status == -13 else run.faults(LIMITS, tells=False)


# Parts of the system

def without(folder, must_connect):
    def attack(arena):
        before = ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none {folder} && exec \"$@\"", "sh"]
        faults = []
        for host, options in [("127.0.0.1", []), ("localhost", []), (f"n.{PARENT}", ["--server", arena.rebinding])]:
            run = arena.run("connect", host, arena.port, "--json", "--connect-timeout", "3", *options, limits=LIMITS,
                            before=before)
            refused = arena.run("connect", host, "1", "--json", "--connect-timeout", "3", *options, limits=LIMITS,
                                before=before)
            # On a busy machine Dispatch looks for its own threads in /proc, and traps where they are not there
            # (`_dispatch_workq_monitor_pools`): without a word, which is how it is told from a trap of ours.
            if folder == "/proc" and any(each.status == -4 and "Fatal error" not in each.complaint
                                         for each in (run, refused)):
                continue
            faults += [f"{host}: {each}" for each in run.faults(LIMITS)]
            if refused.status != 1:
                faults.append(f"{host} port 1, where nobody listens: status {refused.status}")
            if must_connect and run.status != 0:
                faults.append(f"{host}: status {run.status}")
        return faults
    return attack


for _folder, _must in [("/proc", True), ("/dev", True), ("/etc", False), ("/sys", True), ("/var", True)]:
    add(f"shortage/without-{_folder[1:]}", "item 15", without(_folder, _must), is_always=_folder == "/proc")


# System calls

# Only what a kernel may say. `socket` and `getpeername` never wait, so they are never interrupted, and NIO asks again until
# they are not; a descriptor that is open is never a bad one, and NIO traps where it is told so.
CALLS = {
    "socket": ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EACCES", "EAFNOSUPPORT"],
    "connect": ["EINTR", "EAGAIN", "ENOBUFS", "EACCES", "EPERM", "EADDRNOTAVAIL", "ENOMEM", "EINVAL"],
    "sendto": ["ENOBUFS", "EAGAIN", "EPERM", "EINTR", "EMSGSIZE"],
    "sendmsg": ["ENOBUFS", "EINTR", "EPERM"],
    "sendmmsg": ["ENOSYS", "ENOBUFS", "EINTR"],
    "recvfrom": ["EINTR", "ENOMEM", "ECONNREFUSED"],
    "recvmsg": ["EINTR", "ENOMEM"],
    "recvmmsg": ["ENOSYS", "EINTR"],
    "bind": ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL"],
    "getsockname": ["ENOBUFS"],
    "getpeername": ["ENOTCONN"],
    "getsockopt": ["EINVAL", "ENOBUFS"],
    "setsockopt": ["EPERM", "ENOPROTOOPT", "ENOMEM"],
    "openat": ["EMFILE", "ENFILE", "EACCES", "ELOOP", "EIO", "EINTR"],
    "fstat": ["EIO", "EOVERFLOW"],
    "newfstatat": ["EIO", "EACCES"],
    "statx": ["EIO", "ENOSYS"],
    "pread64": ["EIO", "EINTR"],
    "epoll_create1": ["EMFILE", "ENOMEM"],
    "epoll_ctl": ["ENOSPC", "ENOMEM"],
    "eventfd2": ["EMFILE", "ENFILE"],
    "timerfd_create": ["EMFILE", "ENOMEM"],
    "timerfd_settime": ["EINVAL", "EPERM"],
    "poll": ["EINTR", "ENOMEM"],
    "ppoll": ["EINTR"],
    "clone3": ["EAGAIN", "ENOMEM", "ENOSYS"],
    "getrandom": ["ENOSYS", "EINTR", "EAGAIN"],
    "clock_gettime": ["EPERM"],
    "uname": ["EPERM"],
    "getrlimit": ["EPERM"],
    "prlimit64": ["EPERM", "ENOSYS"],
    "sched_getaffinity": ["EPERM", "ENOSYS"],
    "ioctl": ["EPERM", "ENOTTY"],
    "shutdown": ["ENOTCONN", "EINTR"],
    "close": ["EINTR", "EIO"],
    "netlink": [],
}
# Without these the language's own tasks and threads do not run, or NIO's loops never wake: no end is nobody's fault here.
THE_LANGUAGES = {"read", "futex", "clock_gettime"}


def numbers():
    listing = subprocess.run(["cc", "-E", "-dM", "-"], input="#include <sys/syscall.h>\n", capture_output=True, text=True,
                             check=True).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", listing)}


def refused(call, error):
    def attack(arena):
        known = arena.calls
        if call not in known or call in THE_LANGUAGES:
            return []
        return dials(arena, [arena.folder / "refuse-call", known[call], getattr(errno, error)])
    return attack


for _call, _errors in CALLS.items():
    for _error in _errors:
        add(f"call/{_call}/{_error}", "items 15 and 16", refused(_call, _error), is_always=(_call, _error) == ("connect", "EINTR"))


def prepare(arena, network):
    """The program that runs another one with a call refused."""
    subprocess.run(["cc", "-O1", "-o", arena.folder / "refuse-call", network / "refuse-call.c"], check=True, timeout=60)
    os.chmod(arena.folder / "refuse-call", 0o755)
    arena.calls = numbers()


# Many names

def silent(count, limit, seconds):
    """So many names of a server that says nothing, with so many descriptors."""
    def attack(arena):
        # One is killed at its end: what it takes until then is what is looked at.
        limits = Limits(seconds=seconds + 15, processor=0.25 * seconds, memory=100 + count / 100,
                        descriptors=limit - 64 if limit >= 256 else limit)
        with Server(arena, "udp", "silent") as server:
            names = arena.names(f"n{each}.{PARENT}" for each in range(count))
            finish = threading.Event()
            timer = threading.Timer(seconds, finish.set)
            timer.start()
            try:
                run = arena.run("connect", "127.0.0.1", arena.port, "--json", "--while-resolving", names,
                                "--lookup-timeout", "5", *server.options(arena), limits=limits,
                                before=limited(f"--nofile={limit}:{limit}"), finish=finish)
            finally:
                timer.cancel()
        if count == 20_000:
            arena.note("descriptors left at 1,024 and 20,000 silent names", limit - run.descriptors)
            arena.note("seconds of the processor in 22 s of that", round(run.processor, 1))
        return run.faults(limits, tells=False)
    return attack


add("shortage/20000-silent-names-1024", "item 3", silent(20_000, 1024, 22), is_heavy=True)
add("shortage/300-silent-names-20", "item 3", silent(300, 20, 15), is_heavy=True)
add("shortage/300-silent-names-64", "item 3", silent(300, 64, 15), is_heavy=True)
add("shortage/2000-silent-names-256", "item 3", silent(2_000, 256, 10), is_heavy=True, is_always=True)


@case("shortage/timeout-at-20-descriptors", "item 3: a timeout of 5 s ends after 5 s", is_always=True)
def _(arena):
    limits = Limits(seconds=40, processor=8)
    with Server(arena, "udp", "silent") as server:
        names = arena.names(f"n{each}.{PARENT}" for each in range(300))
        run = arena.run("connect", f"one.{PARENT}", arena.port, "--json", "--while-resolving", names, "--deadline", "5",
                        *server.options(arena), limits=limits, before=limited("--nofile=20:20"))
    faults = run.faults(limits)
    if run.lines and run.lines[0].get("total_s", 0) > 6:
        faults.append(f"a deadline of 5 s ended after {run.lines[0]['total_s']:.1f} s")
    return faults


def many_names(count):
    """So many literals in the file of `--while-resolving`."""
    def attack(arena):
        # 10,000 of them are dialed at a time, each with a socket and some kilobytes, whatever the count. How many sockets
        # there are at once is the machine's: each is closed as soon as it has connected.
        limits = Limits(seconds=90, processor=5 + count / 4_000, memory=200, literal=2, descriptors=10_400)
        names = arena.names(f"127.{1 + each // 65_536}.{each // 256 % 256}.{each % 256}" for each in range(count))
        run, faults = arena.dial(names, "--deadline", "20", limits=limits)
        arena.note(f"MB for {count:,} names of --while-resolving", round(run.memory))
        return faults
    return attack


add("names/20000-hosts", "item 16: the tool's own task group", many_names(20_000), is_heavy=True, is_always=True)
add("names/200000-hosts", "item 16", many_names(200_000), is_heavy=True)


@case("names/junk", "BatchLines: whatever a file of names may be", is_heavy=True)
def _(arena):
    lines = os.urandom(1 << 20).replace(b"\0", b"")
    file = arena.file(lines, "names")
    limits = Limits(seconds=60, processor=30, memory=300, literal=2)
    return arena.dial(file, "--server", arena.rebinding, "--deadline", "10", limits=limits)[1]


for _host in ["a" * 10_000_00, "a." * 100_000, "." * 100_000, "1" * 100_000, "0x" + "f" * 100_000, "::" * 50_000,
              "1." * 60_000, "%" * 100_000, "xn--" + "a" * 100_000, "é" * 60_000, "\\000" * 30_000, "[" * 100_000,
              "fe80::1%" + "a" * 100_000, "\x1b[31m\x07" * 10_000]:
    def _attack(arena, host=_host):
        # An argument has 128 KB at most.
        limits = Limits(seconds=20, processor=6)
        run = arena.run("connect", host[:120_000], arena.port, "--server", arena.rebinding, limits=limits)
        faults = run.faults(limits, statuses=(1, 2))
        if "\x1b" in host and "\x1b[31m\x07" in run.output + run.complaint:
            faults.append("control characters are printed raw")
        return faults
    add(f"names/{len(_host)}-of-{ascii(_host[:8])[1:-1].replace('/', '|')}", "item 15", _attack,
        is_always=_host.startswith("\x1b"))


@case("names/batch-of-junk", "BatchLines", is_heavy=True)
def _(arena):
    limits = Limits(seconds=40, processor=20, memory=200)
    given = b"\n".join(b'{"host":"' + os.urandom(20).hex().encode() + b'"' * (each % 3) for each in range(5_000))
    run = arena.run("resolve", "--batch", "--server", arena.rebinding, limits=limits, stdin=given + b"[" * 100_000)
    return run.faults(limits, statuses=(0, 1, 2))
