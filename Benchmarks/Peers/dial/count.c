// SPDX-License-Identifier: Apache-2.0

// To be preloaded: stands in front of glibc's allocator, counts the blocks that the process asks for, and prints their number to
// standard error at its end.

#include <stddef.h>
#include <stdio.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static unsigned long count;

static void one_more(void) { __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) {
    one_more();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
    one_more();
    return __libc_calloc(items, size);
}

void *realloc(void *block, size_t size) {
    one_more();
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    one_more();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    one_more();
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? 12 : 0;
}

__attribute__((destructor)) static void tell(void) { fprintf(stderr, "%lu blocks\n", __atomic_load_n(&count, __ATOMIC_RELAXED)); }
