// SPDX-License-Identifier: Apache-2.0

// Looks distinct names up with c-ares, whichever it is linked with, on one thread: A and AAAA of each, so many at once.
//
// Neither the hosts file nor resolv.conf nor a search list has a say, and nothing is cached. Prints one line of JSON.

#define _GNU_SOURCE

#include "lookup-run.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static struct run run;
static ares_channel channel;
static int queue;
static size_t started, ended;

static void open_channel(void);
static void start_more(void);
static void wait_and_process(void);
static void check(int status, const char *what);

int main(int argc, char **argv) {
    run_read(&run, argc, argv);
    if (run.server_count == 0 || run.in_flight == 0 || run.threads != 0) {
        fprintf(stderr, "%s: takes --server and --in-flight, not --threads\n", argv[0]);
        return 2;
    }
    open_channel();
    run_begin(&run);
    while (ended < run.names) {
        start_more();
        wait_and_process();
        if (started == run.names && run_now() > run.lookups[started - 1].began + run.lookup_timeout) ares_cancel(channel);
    }
    char peer[64];
    snprintf(peer, sizeof peer, "c-ares %s%s", ares_version(NULL), run.is_unsorted ? " unsorted" : "");
    run_report(&run, peer, run_threads());
    ares_destroy(channel);
    ares_library_cleanup();
    return 0;
}

// Watches for what c-ares waits for; when that is neither, it is about to close the socket.
static void socket_changed(void *unused, ares_socket_t descriptor, int readable, int writable) {
    (void)unused;
    struct epoll_event event = {.data.fd = descriptor};
    event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
    if (event.events == 0)
        epoll_ctl(queue, EPOLL_CTL_DEL, descriptor, NULL);
    else if (epoll_ctl(queue, EPOLL_CTL_MOD, descriptor, &event) != 0)
        epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event);
}

static void open_channel(void) {
    queue = epoll_create1(EPOLL_CLOEXEC);
    if (queue < 0) {
        perror("epoll_create1");
        exit(1);
    }
    char lookups[] = "b", no_file[] = "/dev/null";
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
        .lookups = lookups,
        .resolvconf_path = no_file,
        .sock_state_cb = socket_changed,
        .timeout = run.timeout,
        .tries = run.tries,
        .socket_receive_buffer_size = run.receive_buffer,
    };
    int given = ARES_OPT_FLAGS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
    if (run.timeout > 0) given |= ARES_OPT_TIMEOUTMS;
    if (run.tries > 0) given |= ARES_OPT_TRIES;
    if (run.receive_buffer > 0) given |= ARES_OPT_SOCK_RCVBUF;
#ifdef ARES_OPT_QUERY_CACHE
    // No name is asked for twice: a cache would be nothing but cost.
    options.qcache_max_ttl = 0;
    given |= ARES_OPT_QUERY_CACHE;
    // On by default where flags are not given, so it is to be among those that are: an OPT record in each query.
    options.flags |= ARES_FLAG_EDNS;
#endif
    check(ares_library_init(ARES_LIB_INIT_ALL), "ares_library_init");
    check(ares_init_options(&channel, &options, given), "ares_init_options");
    char servers[512] = "";
    for (size_t i = 0; i < run.server_count; i++) {
        size_t length = strlen(servers);
        snprintf(servers + length, sizeof servers - length, "%s%s", i > 0 ? "," : "", run.servers[i]);
    }
    check(ares_set_servers_ports_csv(channel, servers), "--server");
}

static void found(void *argument, int status, int timeouts, struct ares_addrinfo *result) {
    (void)timeouts;
    bool has_v4 = false, has_v6 = false;
    if (status == ARES_SUCCESS) {
        for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next) {
            has_v4 |= node->ai_family == AF_INET;
            has_v6 |= node->ai_family == AF_INET6;
        }
    }
    if (result) ares_freeaddrinfo(result);
    run_ended(&run, argument, has_v4, has_v6);
    ended++;
}

static void start_more(void) {
    static const struct ares_addrinfo_hints sorted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM},
                                            unsorted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                                                        .ai_flags = ARES_AI_NOSORT};
    while (started < run.names && started - ended < run.in_flight) {
        char name[MOST_NAME];
        run_name(&run, started, name);
        struct lookup *lookup = &run.lookups[started++];
        run_started(lookup);
        ares_getaddrinfo(channel, name, NULL, run.is_unsorted ? &unsorted : &sorted, found, lookup);
    }
}

// Timeouts are looked at every 20 ms. ares_timeout would tell when to, but 1.18 goes through every query to answer it.
static void wait_and_process(void) {
    static double next_tick;
    struct epoll_event events[16];
    int count = epoll_wait(queue, events, 16, 20);
    for (int i = 0; i < count; i++) {
        // An error is for whichever of the two c-ares waits for.
        unsigned both = events[i].events & (EPOLLERR | EPOLLHUP) ? EPOLLIN | EPOLLOUT : events[i].events;
        ares_process_fd(channel, both & EPOLLIN ? events[i].data.fd : ARES_SOCKET_BAD,
                        both & EPOLLOUT ? events[i].data.fd : ARES_SOCKET_BAD);
    }
    double now = run_now();
    if (now < next_tick) return;
    next_tick = now + 0.02;
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void check(int status, const char *what) {
    if (status == ARES_SUCCESS) return;
    fprintf(stderr, "lookups-cares: %s: %s\n", what, ares_strerror(status));
    exit(1);
}
