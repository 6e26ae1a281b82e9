// SPDX-License-Identifier: Apache-2.0

// Times inet_pton on a file of texts, one a line: IPv6 where a text holds a colon, else IPv4.
//
// Each round prints "nanoseconds-per-text checksum failures". The checksum is the sum of all bytes of all addresses
// read, so that peers which read the same file alike print the same one.

#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct texts {
    char **starts;
    size_t count;
};

static struct texts read_texts(const char *file);
static void run_round(struct texts texts);
static uint64_t byte_sum(const unsigned char *bytes, size_t count);
static bool read_rounds(const char *text, unsigned long *rounds);
static _Noreturn void fail(const char *file, const char *why);
static _Noreturn void fail_usage(void);

int main(int argc, char **argv) {
    if (argc != 3) fail_usage();
    bool serve = strcmp(argv[2], "--serve") == 0;
    unsigned long rounds = 0;
    if (!serve && !read_rounds(argv[2], &rounds)) fail_usage();

    struct texts texts = read_texts(argv[1]);
    if (serve) {
        char *request = NULL;
        size_t capacity = 0;
        while (getline(&request, &capacity, stdin) != -1) run_round(texts);
        if (ferror(stdin)) fail("standard input", strerror(errno));
        free(request);
    } else {
        for (unsigned long round = 0; round < rounds; round++) run_round(texts);
    }
    return 0;
}

static void run_round(struct texts texts) {
    uint64_t checksum = 0, failures = 0;
    unsigned char bytes[16];
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t index = 0; index < texts.count; index++) {
        const char *text = texts.starts[index];
        bool is_v6 = strchr(text, ':') != NULL;
        if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes) == 1)
            checksum += byte_sum(bytes, is_v6 ? 16 : 4);
        else
            failures++;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double spent = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    printf("%.2f %" PRIu64 " %" PRIu64 "\n", spent / (double)texts.count, checksum, failures);
    if (fflush(stdout) != 0) fail("standard output", strerror(errno));
}

static uint64_t word_sum(uint64_t word) {
    const uint64_t even_bytes = 0x00ff00ff00ff00ff;
    uint64_t pairs = (word & even_bytes) + (word >> 8 & even_bytes);
    return pairs * 0x0001000100010001 >> 48;
}

// Added pairwise within words, the same way in every peer: Go has no vectors, and a loop over the bytes would time that.
static uint64_t byte_sum(const unsigned char *bytes, size_t count) {
    if (count == 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        return word_sum(word);
    }
    uint64_t words[2];
    memcpy(words, bytes, sizeof words);
    return word_sum(words[0]) + word_sum(words[1]);
}

static struct texts read_texts(const char *file) {
    FILE *stream = fopen(file, "rb");
    if (!stream) fail(file, strerror(errno));
    size_t length = 0, capacity = 1 << 20;
    char *content = malloc(capacity);
    if (!content) fail(file, strerror(errno));
    for (size_t got; (got = fread(content + length, 1, capacity - length - 1, stream)) > 0;) {
        length += got;
        if (length + 1 < capacity) continue;
        capacity *= 2;
        content = realloc(content, capacity);
        if (!content) fail(file, strerror(errno));
    }
    if (ferror(stream)) fail(file, strerror(errno));
    fclose(stream);

    // To C a text would end there, and what follows would go unread without a word.
    if (memchr(content, 0, length)) fail(file, "holds a NUL");
    if (length == 0) fail(file, "holds no text");
    if (content[length - 1] == '\n') length--;
    content[length] = 0;

    struct texts texts = {.count = 1};
    for (size_t offset = 0; offset < length; offset++) texts.count += content[offset] == '\n';
    texts.starts = malloc(texts.count * sizeof *texts.starts);
    if (!texts.starts) fail(file, strerror(errno));
    char *next = content;
    for (size_t index = 0; index < texts.count; index++) {
        texts.starts[index] = next;
        next = next + strcspn(next, "\n");
        *next++ = 0;
    }
    return texts;
}

static bool read_rounds(const char *text, unsigned long *rounds) {
    if (*text < '0' || *text > '9') return false;
    char *end;
    errno = 0;
    *rounds = strtoul(text, &end, 10);
    return errno == 0 && *end == 0 && *rounds > 0;
}

static void fail(const char *file, const char *why) {
    fprintf(stderr, "parse: %s: %s\n", file, why);
    exit(1);
}

static void fail_usage(void) {
    fputs("usage: parse FILE ROUNDS | parse FILE --serve\n", stderr);
    exit(2);
}
