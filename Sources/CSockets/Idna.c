// SPDX-License-Identifier: Apache-2.0
//
// The system's own conversion of international names, the one that getaddrinfo uses under AI_IDN. It is loaded when the
// first such name comes, so that nothing depends on it and no other program pays for it.

#include "CSockets.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// From <idn2.h>, which need not be installed.
typedef int (*idn2_lookup)(const uint8_t *source, uint8_t **result, int flags);
typedef const char *(*idn2_reason)(int code);
enum { IDN2_NFC_INPUT = 1, IDN2_NONTRANSITIONAL = 8 };

static _Atomic(idn2_lookup) known_lookup;
static _Atomic(idn2_reason) known_reason;

/// Two threads may both come here: each finds the same functions, and the library is loaded once.
static int load(void)
{
#ifdef __APPLE__
    void *library = dlopen("libidn2.0.dylib", RTLD_LAZY | RTLD_LOCAL);
#else
    void *library = dlopen("libidn2.so.0", RTLD_LAZY | RTLD_LOCAL);
#endif
    if (library == NULL) return 0;
    idn2_lookup lookup = (idn2_lookup)dlsym(library, "idn2_lookup_u8");
    idn2_reason reason = (idn2_reason)dlsym(library, "idn2_strerror");
    if (lookup == NULL || reason == NULL) {
        dlclose(library);
        return 0;
    }
    atomic_store(&known_reason, reason);
    atomic_store(&known_lookup, lookup);
    return 1;
}

int fairdial_idna_ascii(const char *name, char *ascii, size_t room, const char **reason)
{
    *reason = NULL;
    if (atomic_load(&known_lookup) == NULL && !load()) return FAIRDIAL_IDNA_MISSING;
    uint8_t *converted = NULL;
    int code = atomic_load(&known_lookup)((const uint8_t *)name, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code != 0) {
        *reason = atomic_load(&known_reason)(code);
        return FAIRDIAL_IDNA_REFUSED;
    }
    size_t length = strlen((const char *)converted);
    int fits = length < room;
    if (fits) memcpy(ascii, converted, length + 1);
    free(converted);
    return fits ? (int)length : FAIRDIAL_IDNA_REFUSED;
}
