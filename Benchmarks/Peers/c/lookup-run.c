// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "lookup-run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char *program;

static double process_status(const char *field);
static _Noreturn void fail_usage(void);

double run_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// MARK: Options

static double read_number(const char *text, double least) {
    char *end = NULL;
    double number = text ? strtod(text, &end) : NAN;
    if (!text || end == text || *end != 0 || !(number >= least && number <= 1e9)) fail_usage();
    return number;
}

void run_read(struct run *run, int argc, char **argv) {
    program = argv[0];
    *run = (struct run){.prefix = "p", .lookup_timeout = INFINITY};
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (strcmp(option, "--no-sort") == 0) {
            run->is_unsorted = true;
            continue;
        }
        const char *value = argv[++i];
        if (strcmp(option, "--server") == 0) {
            if (!value || run->server_count == MOST_SERVERS) fail_usage();
            run->servers[run->server_count++] = value;
        } else if (strcmp(option, "--prefix") == 0) {
            if (!value || strlen(value) > 40) fail_usage();
            run->prefix = value;
        } else if (strcmp(option, "--names") == 0) {
            run->names = (size_t)read_number(value, 1);
        } else if (strcmp(option, "--in-flight") == 0) {
            run->in_flight = (size_t)read_number(value, 1);
        } else if (strcmp(option, "--threads") == 0) {
            run->threads = (size_t)read_number(value, 1);
        } else if (strcmp(option, "--lookup-timeout") == 0) {
            run->lookup_timeout = read_number(value, 0.001);
        } else if (strcmp(option, "--timeout") == 0) {
            run->timeout = (int)read_number(value, 1);
        } else if (strcmp(option, "--tries") == 0) {
            run->tries = (int)read_number(value, 1);
        } else if (strcmp(option, "--receive-buffer") == 0) {
            run->receive_buffer = (int)read_number(value, 1);
        } else {
            fail_usage();
        }
    }
    if (run->names == 0) fail_usage();
    run->lookups = malloc(run->names * sizeof *run->lookups);
    if (!run->lookups) {
        perror(program);
        exit(1);
    }
    // Touched, so that what is ours is there before memory counts.
    memset(run->lookups, 0xff, run->names * sizeof *run->lookups);
}

// MARK: The run

static void read_usage(double *user, double *system) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    *system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

void run_begin(struct run *run) {
    run->rss_start = process_status("VmRSS:") / 1024;
    read_usage(&run->user, &run->system);
    run->began = run_now();
}

void run_name(const struct run *run, size_t number, char name[MOST_NAME]) {
    snprintf(name, MOST_NAME, "%s%zu.bench.test", run->prefix, number);
}

void run_started(struct lookup *lookup) { *lookup = (struct lookup){.began = run_now(), .outcome = UNDER_WAY}; }

void run_ended(const struct run *run, struct lookup *lookup, bool has_v4, bool has_v6) {
    lookup->seconds = run_now() - lookup->began;
    lookup->outcome = has_v4 && has_v6 ? WHOLE : has_v4 || has_v6 ? PARTIAL : FAILED;
    if (lookup->seconds > run->lookup_timeout) {
        lookup->seconds = run->lookup_timeout;
        lookup->outcome = FAILED;
    }
}

// MARK: The report

static int by_seconds(const void *left, const void *right) {
    double a = ((const struct lookup *)left)->seconds, b = ((const struct lookup *)right)->seconds;
    return (a > b) - (a < b);
}

void run_report(const struct run *run, const char *peer, int threads) {
    double seconds = run_now() - run->began, user, system;
    read_usage(&user, &system);
    user -= run->user;
    system -= run->system;
    double rss = process_status("VmRSS:") / 1024, peak = process_status("VmHWM:") / 1024;

    size_t failed = 0, partial = 0;
    for (size_t i = 0; i < run->names; i++) {
        failed += run->lookups[i].outcome == FAILED;
        partial += run->lookups[i].outcome == PARTIAL;
    }
    qsort(run->lookups, run->names, sizeof *run->lookups, by_seconds);
    double names = (double)run->names;
    double p50 = run->lookups[(run->names - 1) / 2].seconds;
    double p99 = run->lookups[(size_t)ceil(0.99 * names) - 1].seconds;
    printf("{\"peer\":\"%s\",\"names\":%zu,\"failed\":%zu,\"partial\":%zu,\"seconds\":%.6f,\"per_second\":%.1f,"
           "\"user_s\":%.6f,\"system_s\":%.6f,\"cpu_us_per_lookup\":%.3f,"
           "\"p50_s\":%.6f,\"p99_s\":%.6f,\"max_s\":%.6f,"
           "\"rss_start_mb\":%.3f,\"rss_mb\":%.3f,\"rss_peak_mb\":%.3f,\"threads\":%d}\n",
           peer, run->names, failed, partial, seconds, names / seconds, user, system, (user + system) / names * 1e6, p50, p99,
           run->lookups[run->names - 1].seconds, run->rss_start, rss, peak, threads);
}

int run_threads(void) { return (int)process_status("Threads:"); }

// A number of /proc/self/status, or 0 where there is none.
static double process_status(const char *field) {
    FILE *file = fopen("/proc/self/status", "r");
    if (!file) return 0;
    char line[256];
    double value = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, field, strlen(field)) == 0) value = strtod(line + strlen(field), NULL);
    }
    fclose(file);
    return value;
}

static void fail_usage(void) {
    fprintf(stderr,
            "usage: %s --names N [--server A:P ... --in-flight K | --threads T] [--prefix P] [--lookup-timeout SECONDS]\n"
            "    [--timeout MILLISECONDS] [--tries N] [--receive-buffer BYTES] [--no-sort]\n",
            program);
    exit(2);
}
