// SPDX-License-Identifier: Apache-2.0

// What the C programs that look names up have in common: their options, their names, their clock, and the line they print.

#ifndef LOOKUP_RUN_H
#define LOOKUP_RUN_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_SERVERS = 8, MOST_NAME = 128 };

struct lookup {
    double began, seconds;
    enum { UNDER_WAY, FAILED, PARTIAL, WHOLE } outcome;
};

struct run {
    const char *servers[MOST_SERVERS];
    size_t server_count;
    const char *prefix;
    size_t names, in_flight, threads; // 0 where not given
    double lookup_timeout;            // seconds that a lookup may take; endless where not given
    int timeout, tries;               // milliseconds; 0 where not given
    int receive_buffer;               // bytes; 0 where not given
    bool is_unsorted;

    struct lookup *lookups; // one for each name
    double began, user, system, rss_start;
};

/// Reads the command line, and makes room for what is to be noted. Ends the process if it cannot be read.
void run_read(struct run *run, int argc, char **argv);

/// From here on time and memory count.
void run_begin(struct run *run);

/// The name of this number: "p7.bench.test".
void run_name(const struct run *run, size_t number, char name[MOST_NAME]);

/// Notes that a lookup starts.
void run_started(struct lookup *lookup);

/// Notes what a lookup found: one family alone is a partial answer, and anything after the lookup timeout a failure.
void run_ended(const struct run *run, struct lookup *lookup, bool has_v4, bool has_v6);

/// How many threads this process has.
int run_threads(void);

/// Prints the whole run as one line of JSON.
void run_report(const struct run *run, const char *peer, int threads);

/// Seconds, of a clock that only runs forward.
double run_now(void);

#endif
