// SPDX-License-Identifier: Apache-2.0
//
// A canned server: answers hello, insert and find with documents that it is given as files, "hang" never, and
// everything else as insert. One thread over epoll. usage: server hello.bin insert.bin find.bin; prints its port.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT = 1 << 20, CONNECTIONS = 1024 };

struct blob { uint8_t bytes[8192]; int32_t length; };
static struct blob hello, insert, find;

struct peer { uint8_t *bytes; size_t length; };
static struct peer peers[CONNECTIONS + 16];

static void load(const char *path, struct blob *into) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    into->length = (int32_t)fread(into->bytes, 1, sizeof into->bytes, file);
    fclose(file);
}

static int32_t number(const uint8_t *at) { int32_t value; memcpy(&value, at, 4); return value; }

/// Writes the answer to one request; returns its length, 0 for none.
static size_t answer(const uint8_t *request, uint8_t *out) {
    int32_t id = number(request + 4), opcode = number(request + 12);
    const char *key = opcode == 2013 ? (const char *)request + 26 : "hello";
    const struct blob *body = &insert;
    if (!strcmp(key, "hang")) return 0;
    if (!strcasecmp(key, "hello") || !strcasecmp(key, "ismaster")) body = &hello;
    if (!strcmp(key, "find")) body = &find;
    int32_t head = opcode == 2013 ? 21 : 36, header[4] = {head + body->length, 1, id, opcode == 2013 ? 2013 : 1};
    memset(out, 0, (size_t)head);
    memcpy(out, header, 16);
    if (opcode != 2013) { out[16] = 8; out[32] = 1; }
    memcpy(out + head, body->bytes, (size_t)body->length);
    return (size_t)(head + body->length);
}

static int serve(int socket) {
    static uint8_t out[LIMIT];
    struct peer *peer = &peers[socket];
    ssize_t count = read(socket, peer->bytes + peer->length, LIMIT - peer->length);
    if (count <= 0) return count < 0 && errno == EAGAIN ? 0 : -1;
    peer->length += (size_t)count;
    size_t at = 0, used = 0;
    while (peer->length - at >= 16) {
        int32_t length = number(peer->bytes + at);
        if (length < 26 || length > LIMIT) return -1;
        if (peer->length - at < (size_t)length) break;
        if (used > LIMIT - 16384) return -1;
        used += answer(peer->bytes + at, out + used);
        at += (size_t)length;
    }
    memmove(peer->bytes, peer->bytes + at, peer->length - at);
    peer->length -= at;
    return used == 0 || write(socket, out, used) == (ssize_t)used ? 0 : -1;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    load(arguments[1], &hello);
    load(arguments[2], &insert);
    load(arguments[3], &find);
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) { perror("listen"); return 1; }
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            int socket = events[i].data.fd;
            if (socket == listener) {
                int fresh = accept(listener, NULL, NULL);
                if (fresh < 0) continue;
                if (fresh >= CONNECTIONS) { close(fresh); continue; }
                setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                if (!peers[fresh].bytes) peers[fresh].bytes = malloc(LIMIT);
                peers[fresh].length = 0;
                event.data.fd = fresh;
                epoll_ctl(poll, EPOLL_CTL_ADD, fresh, &event);
            } else if (serve(socket)) {
                close(socket);
            }
        }
    }
}
