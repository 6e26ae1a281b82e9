// SPDX-License-Identifier: Apache-2.0
//
// The system calls and structures that Swift's Glibc module hides. Nothing here has state, except the library that
// Idna.c loads.

#ifndef CSOCKETS_H
#define CSOCKETS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// Writes an IPv4 socket address; `bits` and `port` in host byte order. Returns its length.
socklen_t fairdial_ipv4_address(struct sockaddr_storage *address, uint32_t bits, uint16_t port);

/// Writes an IPv6 socket address; all numbers in host byte order. Returns its length.
socklen_t fairdial_ipv6_address(struct sockaddr_storage *address, uint64_t high, uint64_t low, uint32_t scope,
                                uint16_t port);

/// Reads a socket address; all numbers in host byte order, an IPv4 address in `low`. Returns 4, 6, or 0 for another
/// family.
int fairdial_read_address(const struct sockaddr *address, uint64_t *high, uint64_t *low, uint32_t *scope);

/// Whether two socket addresses of IPv4 or IPv6 are the same address and port; scopes and flow labels left aside.
int fairdial_same_endpoint(const struct sockaddr *left, const struct sockaddr *right);

/// Ends a UDP association, by a `connect` to no family; the port that the socket is bound to stays.
void fairdial_dissolve(int descriptor);

/// How many interruptions in a row a call may have. After 100 a filter or a debugger is the cause, and it goes on.
#define FAIRDIAL_MOST_INTERRUPTIONS 100

/// `read(2)`, under a name that no Swift method hides; repeated when it is interrupted, and EIO when that has no end.
ssize_t fairdial_read(int descriptor, void *buffer, size_t count);

/// `write(2)`, likewise.
ssize_t fairdial_write(int descriptor, const void *buffer, size_t count);

/// `send(2)`, likewise.
ssize_t fairdial_send(int descriptor, const void *buffer, size_t count, int flags);

enum { FAIRDIAL_MOST_DATAGRAMS = 8 };

/// Receives up to `count` datagrams that have arrived, at most FAIRDIAL_MOST_DATAGRAMS: each to the beginning of its
/// own part of the buffer, `room` bytes long, and its length to `lengths`. Returns how many datagrams there were, 0 for
/// none, or the system's error number, negated.
int fairdial_receive(int descriptor, void *buffer, size_t room, size_t *lengths, int count);

/// Opens the two non-blocking ends of a wake-up: what one thread writes to the second, the other reads from the first.
/// Returns 0, or the system's error number.
int fairdial_open_wake_up(int ends[2]);

/// Fills a buffer with the system's random bytes. Returns 0, or the system's error number.
int fairdial_random(void *buffer, size_t count);

enum { FAIRDIAL_IDNA_MISSING = -1, FAIRDIAL_IDNA_REFUSED = -2 };

/// Converts a name in UTF-8 to A-labels (UTS 46, not transitional), with the system's libidn2. Returns the length of
/// what it has written; FAIRDIAL_IDNA_MISSING where there is no such library, or no descriptor to load it with;
/// FAIRDIAL_IDNA_REFUSED where the name has none, or it does not fit, and the library's reason if it has one.
int fairdial_idna_ascii(const char *name, char *ascii, size_t room, const char **reason);

/// Nanoseconds of the clock that never goes back, as of the kernel's last tick: a few milliseconds late, and cheap.
int64_t fairdial_coarse_nanoseconds(void);

#ifdef __linux__
#include <pthread.h>
#include <sys/epoll.h>

enum { FAIRDIAL_LACKS_DESCRIPTOR = 1, FAIRDIAL_LACKS_THREAD = 2 };

/// Whether `count` event loops can be had: opens what they are made of, starts as many threads and one more, and gives
/// all of it back. Returns 0 when they can; else which of the two is missing, and the system's error number in `error`.
int fairdial_lack_for_loops(int count, int *error);

enum { FAIRDIAL_INTERFACE_NAME = 1, FAIRDIAL_INTERFACE_ADDRESS = 2 };

/// One thing about one interface: a name of it, or an address in network order.
struct fairdial_interface_fact {
    int kind;
    uint32_t index;
    const uint8_t *bytes;
    size_t length;
};

typedef void (*fairdial_interface_listener)(void *context, const struct fairdial_interface_fact *fact);

/// Tells the names of all interfaces, alternative ones included, then all addresses. Returns 0, EAGAIN when they
/// changed while they were read, or the system's error number.
int fairdial_list_interfaces(fairdial_interface_listener tell, void *context);

/// Opens a descriptor that takes note of every change to interfaces and addresses. Returns it, or the system's error
/// number, negated.
int fairdial_watch_interfaces(void);

/// Whether anything has changed since the last time this was asked; never waits.
int fairdial_interfaces_changed(int descriptor);

/// Opens a pipe, neither end of which waits, with room for so many bytes where the system gives that much. Returns 0,
/// or the system's error number.
int fairdial_open_pipe(int ends[2], int room);

/// Moves bytes from a socket into a pipe, or from a pipe into a socket, without a copy, at most `count`. Returns how
/// many, 0 at a socket's end, or the system's error number, negated.
ssize_t fairdial_splice(int from, int to, size_t count);

/// Names the calling thread, for `ps` and debuggers; at most 15 bytes.
void fairdial_name_thread(const char *name);
#endif

#endif
