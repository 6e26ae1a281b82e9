// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/random.h>
#endif
#include <time.h>
#include <unistd.h>

socklen_t fairdial_ipv4_address(struct sockaddr_storage *address, uint32_t bits, uint16_t port)
{
    struct sockaddr_in bytes;
    memset(&bytes, 0, sizeof bytes);
#ifdef __APPLE__
    bytes.sin_len = sizeof bytes;
#endif
    bytes.sin_family = AF_INET;
    bytes.sin_port = htons(port);
    bytes.sin_addr.s_addr = htonl(bits);
    memcpy(address, &bytes, sizeof bytes);
    return sizeof bytes;
}

socklen_t fairdial_ipv6_address(struct sockaddr_storage *address, uint64_t high, uint64_t low, uint32_t scope,
                                uint16_t port)
{
    struct sockaddr_in6 bytes;
    const uint32_t words[4] = {
        htonl((uint32_t)(high >> 32)), htonl((uint32_t)high), htonl((uint32_t)(low >> 32)), htonl((uint32_t)low),
    };
    memset(&bytes, 0, sizeof bytes);
#ifdef __APPLE__
    bytes.sin6_len = sizeof bytes;
#endif
    bytes.sin6_family = AF_INET6;
    bytes.sin6_port = htons(port);
    bytes.sin6_scope_id = scope;
    memcpy(&bytes.sin6_addr, words, sizeof words);
    memcpy(address, &bytes, sizeof bytes);
    return sizeof bytes;
}

void fairdial_dissolve(int descriptor)
{
    struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
    (void)connect(descriptor, &unspecified, sizeof unspecified);
}

int fairdial_same_endpoint(const struct sockaddr *left, const struct sockaddr *right)
{
    if (left->sa_family != right->sa_family)
        return 0;
    if (left->sa_family == AF_INET) {
        struct sockaddr_in one, other;
        memcpy(&one, left, sizeof one);
        memcpy(&other, right, sizeof other);
        return one.sin_port == other.sin_port && one.sin_addr.s_addr == other.sin_addr.s_addr;
    }
    if (left->sa_family == AF_INET6) {
        struct sockaddr_in6 one, other;
        memcpy(&one, left, sizeof one);
        memcpy(&other, right, sizeof other);
        return one.sin6_port == other.sin6_port && memcmp(&one.sin6_addr, &other.sin6_addr, sizeof one.sin6_addr) == 0;
    }
    return 0;
}

int fairdial_read_address(const struct sockaddr *address, uint64_t *high, uint64_t *low, uint32_t *scope)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in bytes;
        memcpy(&bytes, address, sizeof bytes);
        *high = 0;
        *low = ntohl(bytes.sin_addr.s_addr);
        *scope = 0;
        return 4;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 bytes;
        uint32_t words[4];
        memcpy(&bytes, address, sizeof bytes);
        memcpy(words, &bytes.sin6_addr, sizeof words);
        *high = (uint64_t)ntohl(words[0]) << 32 | ntohl(words[1]);
        *low = (uint64_t)ntohl(words[2]) << 32 | ntohl(words[3]);
        *scope = bytes.sin6_scope_id;
        return 6;
    }
    return 0;
}

ssize_t fairdial_read(int descriptor, void *buffer, size_t count)
{
    for (int interruptions = 0; interruptions < FAIRDIAL_MOST_INTERRUPTIONS; interruptions++) {
        ssize_t got = read(descriptor, buffer, count);
        if (got >= 0 || errno != EINTR)
            return got;
    }
    errno = EIO;
    return -1;
}

/// One system call a datagram: everywhere but on Linux, and where a filter or an old kernel refuses the call for
/// several.
static int receive_one_by_one(int descriptor, void *buffer, size_t room, size_t *lengths, int count)
{
    int received = 0;
    while (received < count) {
        ssize_t length = recv(descriptor, (char *)buffer + (size_t)received * room, room, MSG_DONTWAIT);
        if (length < 0) {
            if (errno == EAGAIN || errno == EINTR || received > 0)
                break;
            return -errno;
        }
        lengths[received++] = (size_t)length;
    }
    return received;
}

int fairdial_receive(int descriptor, void *buffer, size_t room, size_t *lengths, int count)
{
    if (count > FAIRDIAL_MOST_DATAGRAMS)
        count = FAIRDIAL_MOST_DATAGRAMS;
#ifdef __linux__
    struct mmsghdr messages[FAIRDIAL_MOST_DATAGRAMS];
    struct iovec rooms[FAIRDIAL_MOST_DATAGRAMS];
    memset(messages, 0, sizeof messages);
    for (int index = 0; index < count; index++) {
        rooms[index] = (struct iovec){.iov_base = (char *)buffer + (size_t)index * room, .iov_len = room};
        messages[index].msg_hdr.msg_iov = &rooms[index];
        messages[index].msg_hdr.msg_iovlen = 1;
    }
    int received = recvmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    // A seccomp filter says EPERM or ENOSYS, and so does a kernel that has no such call: it says nothing about the
    // peer.
    if (received < 0 && (errno == ENOSYS || errno == EPERM))
        return receive_one_by_one(descriptor, buffer, room, lengths, count);
    if (received < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (int index = 0; index < received; index++)
        lengths[index] = messages[index].msg_len;
    return received;
#else
    return receive_one_by_one(descriptor, buffer, room, lengths, count);
#endif
}

#ifdef __linux__
/// The same bytes by the old way, for where a filter or an old kernel refuses getrandom(2).
static int read_random_device(char *buffer, size_t count)
{
    int descriptor = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    for (int interruptions = 0; count > 0;) {
        ssize_t got = read(descriptor, buffer, count);
        if (got == 0 || (got < 0 && (errno != EINTR || ++interruptions == FAIRDIAL_MOST_INTERRUPTIONS))) {
            int error = got == 0 ? EIO : errno;
            close(descriptor);
            return error;
        }
        if (got > 0) {
            buffer += got;
            count -= (size_t)got;
        }
    }
    close(descriptor);
    return 0;
}
#endif

int fairdial_open_wake_up(int ends[2])
{
#ifdef __linux__
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0)
        return 0;
    if (errno != ENOSYS && errno != EPERM)
        return errno;
    // A filter that knows of no pipes may know of sockets.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0)
        return 0;
    return errno;
#else
    if (pipe(ends) != 0)
        return errno;
    for (int end = 0; end < 2; end++) {
        (void)fcntl(ends[end], F_SETFL, O_NONBLOCK);
        (void)fcntl(ends[end], F_SETFD, FD_CLOEXEC);
    }
    return 0;
#endif
}

int fairdial_random(void *buffer, size_t count)
{
#ifdef __linux__
    char *rest = buffer;
    for (int interruptions = 0; count > 0;) {
        ssize_t got = getrandom(rest, count, 0);
        if (got < 0 && (errno != EINTR || ++interruptions == FAIRDIAL_MOST_INTERRUPTIONS))
            return read_random_device(rest, count);
        if (got > 0) {
            rest += got;
            count -= (size_t)got;
        }
    }
    return 0;
#else
    arc4random_buf(buffer, count);
    return 0;
#endif
}

int64_t fairdial_coarse_nanoseconds(void)
{
    struct timespec time;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
#else
    clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

ssize_t fairdial_write(int descriptor, const void *buffer, size_t count)
{
    return write(descriptor, buffer, count);
}

ssize_t fairdial_send(int descriptor, const void *buffer, size_t count, int flags)
{
    ssize_t sent = send(descriptor, buffer, count, flags);
#ifdef __linux__
    // Where a filter refuses sendto(2), another call may be allowed; a firewall's EPERM comes back the same.
    if (sent < 0 && (errno == ENOSYS || errno == EPERM)) {
        struct iovec part = {.iov_base = (void *)buffer, .iov_len = count};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        sent = sendmsg(descriptor, &message, flags);
    }
#endif
    return sent;
}

#ifdef __linux__
void fairdial_name_thread(const char *name)
{
    // A thread without a name works as well, so a refusal changes nothing.
    (void)pthread_setname_np(pthread_self(), name);
}
#endif
