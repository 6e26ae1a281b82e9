// SPDX-License-Identifier: Apache-2.0
//
// usage: client enter NAMESPACE RESOLV_CONF PROGRAM ARGUMENT…
//        client ask NAME          getaddrinfo, once
//        client together PORT AGAIN NAME…
//                                 getaddrinfo and connect: all names at once, 100 ms later AGAIN, three times in a row
//
// `enter` runs a program in a network namespace, with a resolv.conf of its own. The others print one line of JSON each.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// How long `together` waits, in seconds; what has no end by then is a failure.
#define PATIENCE 32

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void need(int result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
    exit(3);
}

static int enter(char **arguments) {
    int network = open(arguments[0], O_RDONLY | O_CLOEXEC);
    need(network, arguments[0]);
    need(setns(network, CLONE_NEWNET), "setns");
    need(unshare(CLONE_NEWNS), "unshare");
    need(mount(arguments[1], "/etc/resolv.conf", NULL, MS_BIND, NULL), "mount");
    // The servers run before everybody else; who asks them does not.
    need(setpriority(PRIO_PROCESS, 0, 0), "setpriority");
    execv(arguments[2], arguments + 2);
    need(-1, arguments[2]);
    return 3;
}

static int look_up(const char *name, const char *port, struct addrinfo **found) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    return getaddrinfo(name, port, &hints, found);
}

static int ask(const char *name) {
    struct addrinfo *found = NULL;
    double start = now();
    int error = look_up(name, NULL, &found);
    printf("{\"seconds\":%.3f,\"error\":%d,\"addresses\":[", now() - start, error);
    for (struct addrinfo *each = found; each; each = each->ai_next) {
        char text[INET6_ADDRSTRLEN] = "";
        const void *address = each->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)each->ai_addr)->sin6_addr
                                                          : (void *)&((struct sockaddr_in *)each->ai_addr)->sin_addr;
        inet_ntop(each->ai_family, address, text, sizeof text);
        printf("%s\"%s\"", each == found ? "" : ",", text);
    }
    puts("]}");
    return 0;
}

struct dial {
    const char *name, *port;
    double start, seconds;
    int connected, is_over;
};

static struct dial *dials, again[3];

static void dial(struct dial *this) {
    struct addrinfo *found = NULL;
    int connected = 0;
    this->start = now();
    if (look_up(this->name, this->port, &found)) found = NULL;
    for (struct addrinfo *each = found; each && !connected; each = each->ai_next) {
        int line = socket(each->ai_family, SOCK_STREAM, 0);
        connected = line >= 0 && connect(line, each->ai_addr, each->ai_addrlen) == 0;
        if (line >= 0) close(line);
    }
    this->seconds = now() - this->start;
    this->connected = connected;
    __atomic_store_n(&this->is_over, 1, __ATOMIC_RELEASE);
}

static void *one(void *argument) {
    dial(argument);
    return NULL;
}

static void *row(void *unused) {
    usleep(100000);
    for (int each = 0; each < 3; each++) dial(&again[each]);
    return unused;
}

static void start(void *(*function)(void *), void *argument) {
    pthread_t thread;
    errno = pthread_create(&thread, NULL, function, argument);
    need(errno ? -1 : 0, "pthread_create");
}

/// Whether it has ended; what has not by the end of all has lasted until then.
static int is_over(struct dial *this) {
    if (__atomic_load_n(&this->is_over, __ATOMIC_ACQUIRE)) return 1;
    this->connected = 0;
    if (this->start > 0) this->seconds = now() - this->start;
    return 0;
}

static int together(char **arguments, int count) {
    double last = 0, end = now() + PATIENCE;
    int connected = 0, waits = 1;
    dials = calloc((size_t)count, sizeof *dials);
    for (int each = 0; each < 3; each++) again[each] = (struct dial){.name = arguments[1], .port = arguments[0]};
    for (int each = 2; each < count; each++) {
        dials[each] = (struct dial){.name = arguments[each], .port = arguments[0]};
        start(one, &dials[each]);
    }
    start(row, NULL);
    while (waits && now() < end) {
        usleep(5000);
        waits = !__atomic_load_n(&again[2].is_over, __ATOMIC_ACQUIRE);
        for (int each = 2; each < count; each++) waits |= !__atomic_load_n(&dials[each].is_over, __ATOMIC_ACQUIRE);
    }
    for (int each = 2; each < count; each++) {
        connected += is_over(&dials[each]) && dials[each].connected;
        if (dials[each].seconds > last) last = dials[each].seconds;
    }
    printf("{\"connected\":%d,\"last\":%.3f,\"again\":[", connected, last);
    for (int each = 0; each < 3; each++) {
        int has_connected = is_over(&again[each]) && again[each].connected;
        printf("%s{\"connected\":%s,\"seconds\":%.3f}", each ? "," : "", has_connected ? "true" : "false",
               again[each].seconds);
    }
    puts("]}");
    fflush(stdout);
    // Threads may be at work still.
    _exit(0);
}

int main(int count, char **arguments) {
    if (count > 4 && strcmp(arguments[1], "enter") == 0) return enter(arguments + 2);
    if (count == 3 && strcmp(arguments[1], "ask") == 0) return ask(arguments[2]);
    if (count > 4 && strcmp(arguments[1], "together") == 0) return together(arguments + 2, count - 2);
    fputs("usage: client enter|ask|together …\n", stderr);
    return 2;
}
