// SPDX-License-Identifier: Apache-2.0

// What a door cannot do without: one thread that waits in epoll, reads from one side and writes to the other. Measures
// as DoorRate's `latency COUNT` does, and prints the same JSON: the medians of as many round trips of a byte of a
// blocking client, in microseconds, directly and through it in turn.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { warm_up = 100, most = 64 };

struct listener {
    int descriptor;
    int port;
};

static int checked(int result, const char *call) {
    if (result < 0) {
        perror(call);
        exit(2);
    }
    return result;
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static struct listener listening(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int descriptor = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(bind(descriptor, (struct sockaddr *)&address, length), "bind");
    checked(listen(descriptor, 8), "listen");
    checked(getsockname(descriptor, (struct sockaddr *)&address, &length), "getsockname");
    return (struct listener){descriptor, ntohs(address.sin_port)};
}

static int undelayed(int descriptor) {
    int one = 1;
    checked(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "setsockopt");
    return descriptor;
}

static int connected(int port) {
    struct sockaddr_in address = loopback(port);
    int descriptor = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(connect(descriptor, (struct sockaddr *)&address, sizeof address), "connect");
    return undelayed(descriptor);
}

static void *echo(void *argument) {
    const struct listener *listener = argument;
    int client = undelayed(checked(accept(listener->descriptor, NULL, NULL), "accept"));
    char bytes[most];
    ssize_t count;
    while ((count = recv(client, bytes, sizeof bytes, 0)) > 0) send(client, bytes, (size_t)count, MSG_NOSIGNAL);
    return NULL;
}

/// The door's listener, and the server's behind it.
static void *splice_bytes(void *argument) {
    const struct listener *listeners = argument;
    int sides[2] = {undelayed(checked(accept(listeners[0].descriptor, NULL, NULL), "accept"))};
    sides[1] = connected(listeners[1].port);
    int set = checked(epoll_create1(0), "epoll_create1");
    for (uint32_t side = 0; side < 2; side++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = side};
        checked(fcntl(sides[side], F_SETFL, O_NONBLOCK), "fcntl");
        checked(epoll_ctl(set, EPOLL_CTL_ADD, sides[side], &event), "epoll_ctl");
    }
    while (1) {
        struct epoll_event events[2];
        int ready = checked(epoll_wait(set, events, 2, -1), "epoll_wait");
        for (int index = 0; index < ready; index++) {
            uint32_t side = events[index].data.u32;
            char bytes[4096];
            ssize_t count = read(sides[side], bytes, sizeof bytes);
            if (count <= 0 || write(sides[1 - side], bytes, (size_t)count) != count) return NULL;
        }
    }
}

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compared(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **words) {
    long trips = count == 2 ? atol(words[1]) : 0;
    if (trips < 1) {
        fprintf(stderr, "usage: splicer COUNT\n");
        return 2;
    }
    struct listener direct = listening();
    struct listener listeners[2] = {listening(), listening()};
    pthread_t thread;
    checked(-pthread_create(&thread, NULL, echo, &direct), "pthread_create");
    checked(-pthread_create(&thread, NULL, echo, &listeners[1]), "pthread_create");
    checked(-pthread_create(&thread, NULL, splice_bytes, listeners), "pthread_create");
    int ways[2] = {connected(direct.port), connected(listeners[0].port)};
    double *times[2] = {calloc((size_t)trips, sizeof(double)), calloc((size_t)trips, sizeof(double))};
    if (!times[0] || !times[1]) return 2;
    for (long trip = -warm_up; trip < trips; trip++) {
        for (int way = 0; way < 2; way++) {
            char byte = 1;
            double start = microseconds();
            if (send(ways[way], &byte, 1, MSG_NOSIGNAL) != 1 || recv(ways[way], &byte, 1, 0) != 1) return 2;
            if (trip >= 0) times[way][trip] = microseconds() - start;
        }
    }
    for (int way = 0; way < 2; way++) qsort(times[way], (size_t)trips, sizeof(double), compared);
    double medians[2] = {times[0][trips / 2], times[1][trips / 2]};
    printf("{\"added\":%.3f,\"direct\":%.3f,\"door\":%.3f}\n", medians[1] - medians[0], medians[0], medians[1]);
    return 0;
}
