// SPDX-License-Identifier: Apache-2.0

// Looks distinct names up with getaddrinfo, A and AAAA of each, on so many threads. Prints one line of JSON.
//
// Servers, timeouts and tries are those of /etc/resolv.conf: whoever wants others starts this where that file is another.

#define _GNU_SOURCE

#include "lookup-run.h"

#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct run run;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of all below, and of what is noted in run
static pthread_cond_t all_ended = PTHREAD_COND_INITIALIZER;
static size_t started, ended;

static void *look_up_names(void *unused);
static void wait_for_all(void);

int main(int argc, char **argv) {
    run_read(&run, argc, argv);
    bool asks_other = run.in_flight > 0 || run.server_count > 0 || run.timeout > 0 || run.tries > 0 || run.receive_buffer > 0;
    if (run.threads == 0 || asks_other || run.is_unsorted) {
        fprintf(stderr, "%s: takes --threads; servers, timeouts, buffers and order are the system's\n", argv[0]);
        return 2;
    }
    run_begin(&run);
    size_t threads = 0;
    for (; threads < run.threads && threads < run.names; threads++) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, look_up_names, NULL);
        if (error == 0) continue;
        fprintf(stderr, "%s: %zu threads, then: %s\n", argv[0], threads, strerror(error));
        if (threads == 0) return 1;
        break;
    }
    pthread_mutex_lock(&lock);
    wait_for_all();
    run_report(&run, "getaddrinfo", (int)threads + 1);
    // A call cannot be cancelled, so a thread may still be in one: it must not come to note its end.
    fflush(stdout);
    _exit(0);
}

// Until everything has ended, or whatever has not is over the timeout: that is noted as failed.
static void wait_for_all(void) {
    for (;;) {
        double last_end = started > 0 ? run.lookups[started - 1].began + run.lookup_timeout : INFINITY;
        if (ended == run.names || (started == run.names && run_now() > last_end)) break;
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 50 * 1000 * 1000;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&all_ended, &lock, &soon);
    }
    for (size_t i = 0; i < run.names; i++) {
        if (run.lookups[i].outcome == UNDER_WAY) run_ended(&run, &run.lookups[i], false, false);
    }
}

static void look_up(struct lookup *lookup, size_t number) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char name[MOST_NAME];
    run_name(&run, number, name);
    // Rooted: no search list.
    strcat(name, ".");
    struct addrinfo *result = NULL;
    bool has_v4 = false, has_v6 = false;
    if (getaddrinfo(name, NULL, &hints, &result) == 0) {
        for (const struct addrinfo *each = result; each; each = each->ai_next) {
            has_v4 |= each->ai_family == AF_INET;
            has_v6 |= each->ai_family == AF_INET6;
        }
        freeaddrinfo(result);
    }
    pthread_mutex_lock(&lock);
    run_ended(&run, lookup, has_v4, has_v6);
    if (++ended == run.names) pthread_cond_signal(&all_ended);
    pthread_mutex_unlock(&lock);
}

static void *look_up_names(void *unused) {
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&lock);
        size_t number = started;
        if (number < run.names) {
            run_started(&run.lookups[number]);
            started++;
        }
        pthread_mutex_unlock(&lock);
        if (number == run.names) return NULL;
        look_up(&run.lookups[number], number);
    }
}
