// SPDX-License-Identifier: Apache-2.0

// Looks distinct names up with getaddrinfo, A and AAAA of each, on so many threads. Prints one line of JSON.
//
// Servers, timeouts and tries are those of /etc/resolv.conf: whoever wants others starts this where that file is another.

#define _GNU_SOURCE

#include "lookup-run.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct run run;
static atomic_size_t next_number, ended;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_ended = PTHREAD_COND_INITIALIZER;

static void *look_up_names(void *unused);

int main(int argc, char **argv) {
    run_read(&run, argc, argv);
    if (run.threads == 0 || run.server_count + run.in_flight != 0 || run.timeout + run.tries != 0 || run.is_unsorted) {
        fprintf(stderr, "%s: takes --threads; servers, timeouts and order are the system's\n", argv[0]);
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
    while (ended < run.names) pthread_cond_wait(&all_ended, &lock);
    pthread_mutex_unlock(&lock);
    run_report(&run, "getaddrinfo", (int)threads + 1);
    return 0;
}

static void look_up(struct lookup *lookup, size_t number) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char name[MOST_NAME];
    run_name(&run, number, name);
    // Rooted: no search list.
    strcat(name, ".");
    struct addrinfo *result = NULL;
    bool has_v4 = false, has_v6 = false;
    run_started(lookup);
    if (getaddrinfo(name, NULL, &hints, &result) == 0) {
        for (const struct addrinfo *each = result; each; each = each->ai_next) {
            has_v4 |= each->ai_family == AF_INET;
            has_v6 |= each->ai_family == AF_INET6;
        }
        freeaddrinfo(result);
    }
    run_ended(&run, lookup, has_v4, has_v6);
}

static void *look_up_names(void *unused) {
    (void)unused;
    for (size_t number; (number = next_number++) < run.names;) {
        look_up(&run.lookups[number], number);
        if (++ended < run.names) continue;
        pthread_mutex_lock(&lock);
        pthread_cond_signal(&all_ended);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}
