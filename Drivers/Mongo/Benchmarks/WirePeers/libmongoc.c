// SPDX-License-Identifier: Apache-2.0
//
// libmongoc at the same work: a thread for each task, clients from a pool. usage: libmongoc port tasks seconds

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static mongoc_client_pool_t *pool;
static double until;
static int finds;

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *work(void *unused) {
    (void)unused;
    mongoc_client_t *client = mongoc_client_pool_pop(pool);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, "bench", "c");
    long count = 0;
    while (now(CLOCK_MONOTONIC) < until) {
        bson_t document = BSON_INITIALIZER;
        BSON_APPEND_UTF8(&document, "url", "https://example.org/a/b/c");
        if (finds) {
            const bson_t *found;
            bson_t options = BSON_INITIALIZER;
            BSON_APPEND_INT64(&options, "limit", 1);
            BSON_APPEND_BOOL(&options, "singleBatch", true);
            mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, &document, &options, NULL);
            if (!mongoc_cursor_next(cursor, &found)) exit(3);
            mongoc_cursor_destroy(cursor);
            bson_destroy(&options);
        } else {
            bson_error_t error;
            BSON_APPEND_INT32(&document, "n", 42);
            BSON_APPEND_BOOL(&document, "read", false);
            if (!mongoc_collection_insert_one(collection, &document, NULL, NULL, &error)) {
                fprintf(stderr, "%s\n", error.message);
                exit(3);
            }
        }
        bson_destroy(&document);
        count++;
    }
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(pool, client);
    return (void *)count;
}

static long run(int tasks, double seconds) {
    pthread_t threads[1024];
    long count = 0;
    until = now(CLOCK_MONOTONIC) + seconds;
    for (int i = 0; i < tasks; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < tasks; i++) {
        void *result;
        pthread_join(threads[i], &result);
        count += (long)result;
    }
    return count;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    char text[128];
    int tasks = atoi(arguments[2]);
    double seconds = atof(arguments[3]), rates[2], costs[2];
    mongoc_init();
    snprintf(text, sizeof text, "mongodb://127.0.0.1:%s/?maxPoolSize=%d", arguments[1], tasks);
    mongoc_uri_t *uri = mongoc_uri_new(text);
    pool = mongoc_client_pool_new(uri);
    for (finds = 0; finds < 2; finds++) {
        run(tasks, seconds / 5);
        double began = now(CLOCK_MONOTONIC), spent = now(CLOCK_PROCESS_CPUTIME_ID);
        long done = run(tasks, seconds);
        rates[finds] = (double)done / (now(CLOCK_MONOTONIC) - began);
        costs[finds] = (now(CLOCK_PROCESS_CPUTIME_ID) - spent) / (double)done * 1e6;
    }
    printf("{\"inserts\": %.0f, \"insert_us\": %.2f, ", rates[0], costs[0]);
    printf("\"finds\": %.0f, \"find_us\": %.2f}\n", rates[1], costs[1]);
    return 0;
}
