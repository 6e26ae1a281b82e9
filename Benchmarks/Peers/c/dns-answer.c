// SPDX-License-Identifier: Apache-2.0

#include "dns-answer.h"

#include <stdbool.h>
#include <string.h>

enum { HEADER = 12, TYPE_A = 1, TYPE_AAAA = 28, TYPE_OPT = 41, CLASS_IN = 1 };
enum { NO_ERROR = 0, FORMAT_ERROR = 1, NOT_IMPLEMENTED = 4 };

static size_t skip_name(const uint8_t *query, size_t length, size_t at);
static bool has_opt(const uint8_t *query, size_t length, size_t at);
static uint32_t name_hash(const uint8_t *name, size_t length);
static size_t put_address(uint8_t *record, unsigned type, uint32_t hash);

static unsigned get16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static void put16(uint8_t *bytes, unsigned value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

size_t dns_answer(const uint8_t *query, size_t length, uint8_t answer[MOST_ANSWER]) {
    // Not even an id to answer to, or itself an answer, which must not be answered.
    if (length < HEADER || query[2] & 0x80) return 0;

    memset(answer, 0, HEADER);
    memcpy(answer, query, 2);
    // QR, and the operation and RD as they were asked; RA.
    answer[2] = 0x80 | (query[2] & 0x79);
    answer[3] = 0x80;
    if (query[2] & 0x78) {
        answer[3] |= NOT_IMPLEMENTED;
        return HEADER;
    }
    size_t name_end = skip_name(query, length, HEADER);
    if (get16(query + 4) != 1 || name_end == 0 || name_end - HEADER > 255 || name_end + 4 > length) {
        answer[3] |= FORMAT_ERROR;
        return HEADER;
    }

    size_t end = name_end + 4;
    memcpy(answer + HEADER, query + HEADER, end - HEADER);
    put16(answer + 4, 1);
    unsigned type = get16(query + name_end);
    bool asks_opt = has_opt(query, length, end);
    if (get16(query + name_end + 2) == CLASS_IN && (type == TYPE_A || type == TYPE_AAAA)) {
        end += put_address(answer + end, type, name_hash(query + HEADER, name_end - HEADER));
        put16(answer + 6, 1);
    }
    if (asks_opt) {
        // The root's name, OPT, the payload that we can take, version 0 without extended code or flags, no options.
        memcpy(answer + end, (uint8_t[11]){0, 0, TYPE_OPT, 1232 >> 8, 1232 & 0xff}, 11);
        end += 11;
        put16(answer + 10, 1);
    }
    return end;
}

// The offset after the name; 0 if it runs out of the message. A question's name has nothing to point to.
static size_t skip_name(const uint8_t *query, size_t length, size_t at) {
    while (at < length) {
        unsigned label = query[at];
        if (label == 0) return at + 1;
        if (label > 63) return 0;
        at += 1 + label;
    }
    return 0;
}

static bool has_opt(const uint8_t *query, size_t length, size_t at) {
    unsigned records = get16(query + 6) + get16(query + 8) + get16(query + 10);
    for (; records > 0; records--) {
        at = skip_name(query, length, at);
        if (at == 0 || at + 10 > length) return false;
        if (get16(query + at) == TYPE_OPT) return true;
        at += 10 + get16(query + at + 8);
    }
    return false;
}

// FNV-1a over the name without regard to case. Lengths stay below "A", so the whole name may be lowered.
static uint32_t name_hash(const uint8_t *name, size_t length) {
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i];
        hash = (hash ^ byte) * 16777619;
    }
    return hash;
}

static size_t put_address(uint8_t *record, unsigned type, uint32_t hash) {
    size_t size = type == TYPE_A ? 4 : 16;
    put16(record, 0xc000 | HEADER);
    put16(record + 2, type);
    put16(record + 4, CLASS_IN);
    put16(record + 6, 0);
    put16(record + 8, 60);
    put16(record + 10, (unsigned)size);
    uint8_t *address = record + 12;
    if (type == TYPE_A) {
        // Neither the network's own address nor its broadcast.
        uint8_t last = (uint8_t)(1 + hash % 254);
        memcpy(address, (uint8_t[4]){127, (uint8_t)(hash >> 24), (uint8_t)(hash >> 16), last}, 4);
    } else {
        memset(address, 0, 15);
        address[15] = 1;
    }
    return 12 + size;
}
