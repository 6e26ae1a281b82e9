// SPDX-License-Identifier: Apache-2.0

// The plainest thing that connects many sockets: non-blocking connect, epoll, one look at SO_ERROR, 64 at once.
//
// For each line on standard input it makes a round of dials, and prints "seconds user-seconds".

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 64 };

static struct sockaddr_in address;
static int queue;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void dial(void) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) fail("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.fd = descriptor};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

static void take(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) fail("SO_ERROR");
    // A reset, so that ports do not run out.
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(descriptor);
}

static void run_round(unsigned long dials) {
    unsigned long started = 0, done = 0;
    while (started < AT_ONCE && started < dials) {
        dial();
        started++;
    }
    while (done < dials) {
        struct epoll_event events[AT_ONCE];
        int count = epoll_wait(queue, events, AT_ONCE, -1);
        if (count < 0) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            take(events[i].data.fd);
            done++;
            if (started < dials) {
                dial();
                started++;
            }
        }
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double user_time(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s PORT DIALS\n", argv[0]);
        return 2;
    }
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    unsigned long dials = strtoul(argv[2], NULL, 10);
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (queue < 0) fail("epoll_create1");
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double start = now(), user = user_time();
        run_round(dials);
        printf("%.6f %.6f\n", now() - start, user_time() - user);
        fflush(stdout);
    }
    return 0;
}
