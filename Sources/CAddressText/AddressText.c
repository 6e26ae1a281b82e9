// SPDX-License-Identifier: Apache-2.0
//
// Addresses, read many bytes at a time. The plain reader in Swift decides what an address is: it is asked whenever
// these refuse a text, and the tests hold these to its answers. No byte outside the text is read.

#include "CAddressText.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTORS __attribute__((target("sse4.2,popcnt")))

static inline int has_vectors(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}

// Little-endian, as the processor is: the text's first byte is the lowest.

static inline uint32_t load4(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline uint64_t load8(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// Up to seven bytes as a word. Each load stays within eight bytes from the start: a short text may just have been
/// stored as two words of eight, and a load across both would wait for them to reach the cache.
static inline uint64_t short_word(const uint8_t *bytes, size_t length) {
    if (length >= 4) return load4(bytes) | (uint64_t)load4(bytes + length - 4) << 8 * (length - 4);
    if (length == 0) return 0;
    return bytes[0] | (uint64_t)bytes[length / 2] << 8 * (length / 2) | (uint64_t)bytes[length - 1] << 8 * (length - 1);
}

// Which of the text's bytes are the hundreds, tens and ones of each octet: one row for each choice of four lengths.
#define LANE1(start) 0x80, 0x80, 0x80, (start)
#define LANE2(start) 0x80, 0x80, (start), (start) + 1
#define LANE3(start) 0x80, (start), (start) + 1, (start) + 2
#define ROW(a, b, c, d) {LANE##a(0), LANE##b(a + 1), LANE##c(a + b + 2), LANE##d(a + b + c + 3)}
#define THREE_ROWS(a, b, c) ROW(a, b, c, 1), ROW(a, b, c, 2), ROW(a, b, c, 3)
#define NINE_ROWS(a, b) THREE_ROWS(a, b, 1), THREE_ROWS(a, b, 2), THREE_ROWS(a, b, 3)
#define ROWS(a) NINE_ROWS(a, 1), NINE_ROWS(a, 2), NINE_ROWS(a, 3)
static const uint8_t octet_lanes[81][16] = {ROWS(1), ROWS(2), ROWS(3)};

VECTORS static int read_ipv4(const uint8_t *text, size_t length, uint32_t *bits) {
    uint64_t low, high = 0;
    if (length >= 8) {
        low = load8(text);
        high = short_word(text + 8, length - 8);
    } else {
        low = load4(text) | (uint64_t)load4(text + 3) << 24;
    }
    __m128i bytes = _mm_set_epi64x((long long)high, (long long)low);
    __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    uint32_t dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
    uint32_t digits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values));
    uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('0')));
    uint32_t whole = 1u << length;
    if ((dots | digits) != whole - 1) return 0;
    // Three dots, none at an end or beside another; no four digits in a row; a zero that begins a part is all of it.
    uint32_t later = dots & (dots - 1), last = later & (later - 1);
    if (last == 0 || (last & (last - 1)) != 0) return 0;
    uint32_t misplaced = (dots & (dots << 1 | 1)) | (dots & whole >> 1);
    uint32_t pairs = digits & digits >> 1;
    if (misplaced | (pairs & pairs >> 2) | (zeros & (dots << 1 | 1) & digits >> 1)) return 0;

    uint32_t first = (uint32_t)__builtin_ctz(dots), second = (uint32_t)__builtin_ctz(later);
    uint32_t third = (uint32_t)__builtin_ctz(last);
    uint32_t row =
        27 * (first - 1) + 9 * (second - first - 2) + 3 * (third - second - 2) + ((uint32_t)length - third - 2);
    __m128i lanes = _mm_shuffle_epi8(values, _mm_loadu_si128((const __m128i *)octet_lanes[row]));
    __m128i sums = _mm_maddubs_epi16(lanes, _mm_set1_epi32(1 << 24 | 10 << 16 | 100 << 8));
    __m128i octets = _mm_madd_epi16(sums, _mm_set1_epi16(1));
    if (_mm_movemask_epi8(_mm_cmpgt_epi32(octets, _mm_set1_epi32(255)))) return 0;
    octets = _mm_packs_epi32(octets, octets);
    *bits = __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(octets, octets)));
    return 1;
}

/// A bit for each byte that is a colon, and one for each that is a hexadecimal digit.
VECTORS static inline void classify(__m128i bytes, uint64_t *colons, uint64_t *digits) {
    *colons = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
    __m128i decimal = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i is_decimal = _mm_cmpeq_epi8(_mm_min_epu8(decimal, _mm_set1_epi8(9)), decimal);
    __m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
    *digits = (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_decimal, is_letter));
}

/// Four groups of four digits each, a zero byte for a missing digit, as four numbers of 16 bits in network order, each
/// byte in the lower half of 16 bits.
VECTORS static inline __m128i hexadecimal(__m128i digits) {
    __m128i nine = _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8('9')), _mm_set1_epi8(9));
    __m128i nibbles = _mm_add_epi8(_mm_and_si128(digits, _mm_set1_epi8(0x0f)), nine);
    return _mm_maddubs_epi16(nibbles, _mm_set1_epi16(1 << 8 | 16));
}

/// The group of one to four digits that begins at `start`: the digits at the word's upper end, zeros below.
static inline uint32_t group(const uint8_t *text, size_t room, size_t start, size_t end) {
    uint32_t shift = (uint32_t)(-8 * (end - start)) & 31;
    // Near the text's end the four bytes up to the group's own end are the ones to read.
    if (start + 4 <= room) return load4(text + start) << shift;
    return load4(text + end - 4) >> shift << shift;
}

static inline uint64_t below(size_t count) { return (1ull << count) - 1; }

/// Writes the groups of a part of the text without a gap; `colons` are those within it.
static inline void write_groups(uint32_t *groups, const uint8_t *text, size_t room, size_t start, size_t end,
                                uint64_t colons) {
    while (colons != 0) {
        size_t colon = (size_t)__builtin_ctzll(colons);
        colons &= colons - 1;
        *groups++ = group(text, room, start, colon);
        start = colon + 1;
    }
    *groups = group(text, room, start, end);
}

VECTORS static int read_ipv6(const uint8_t *text, size_t length, uint64_t *high, uint64_t *low) {
    uint64_t colons, digits, more_colons, more_digits;
    uint8_t padded[16];
    size_t room = length;
    if (length >= 16) {
        classify(_mm_loadu_si128((const __m128i *)text), &colons, &digits);
        if (length > 32) {
            classify(_mm_loadu_si128((const __m128i *)(text + 16)), &more_colons, &more_digits);
            colons |= more_colons << 16;
            digits |= more_digits << 16;
        }
        classify(_mm_loadu_si128((const __m128i *)(text + length - 16)), &more_colons, &more_digits);
        colons |= more_colons << (length - 16);
        digits |= more_digits << (length - 16);
    } else {
        memset(padded, 0, sizeof padded);
        memcpy(padded, text, length);
        text = padded;
        room = sizeof padded;
        classify(_mm_loadu_si128((const __m128i *)padded), &colons, &digits);
    }
    if ((colons | digits) != below(length)) return 0;
    uint64_t pairs = digits & digits >> 1;
    if (pairs & pairs >> 2 & digits >> 4) return 0;

    __m128i first, second;
    uint64_t gap = colons & colons >> 1;
    if (gap == 0) {
        if (__builtin_popcountll(colons) != 7 || (colons & 1) || colons >> (length - 1)) return 0;
        // Two groups at a time, in registers: words just stored cannot be loaded as one vector without a wait.
        uint64_t twos[4];
        size_t start = 0;
        for (int index = 0; index < 3; index++) {
            // The last two groups are the only ones that may have no four bytes from their start on.
            size_t end = (size_t)__builtin_ctzll(colons);
            colons &= colons - 1;
            uint64_t left = load4(text + start) << ((uint32_t)(-8 * (end - start)) & 31);
            start = end + 1;
            end = (size_t)__builtin_ctzll(colons);
            colons &= colons - 1;
            uint64_t right = load4(text + start) << ((uint32_t)(-8 * (end - start)) & 31);
            start = end + 1;
            twos[index] = left | right << 32;
        }
        size_t end = (size_t)__builtin_ctzll(colons);
        twos[3] = group(text, room, start, end) | (uint64_t)group(text, room, end + 1, length) << 32;
        first = _mm_set_epi64x((long long)twos[1], (long long)twos[0]);
        second = _mm_set_epi64x((long long)twos[3], (long long)twos[2]);
    } else {
        // One gap alone; a colon at an end is one of its two.
        if (gap & (gap - 1)) return 0;
        if ((colons & ~gap & 1) || (colons & ~(gap << 1)) >> (length - 1)) return 0;
        size_t before = (size_t)__builtin_ctzll(gap), after = before + 2;
        uint64_t head = colons & below(before), tail = after < length ? colons >> after << after : 0;
        size_t head_count = before == 0 ? 0 : (size_t)__builtin_popcountll(head) + 1;
        size_t tail_count = after == length ? 0 : (size_t)__builtin_popcountll(tail) + 1;
        if (head_count + tail_count > 7) return 0;
        uint32_t groups[8] = {0};
        if (head_count > 0) write_groups(groups, text, room, 0, before, head);
        if (tail_count > 0) write_groups(groups + 8 - tail_count, text, room, after, length, tail);
        first = _mm_loadu_si128((const __m128i *)groups);
        second = _mm_loadu_si128((const __m128i *)(groups + 4));
    }
    __m128i address = _mm_packus_epi16(hexadecimal(first), hexadecimal(second));
    *high = __builtin_bswap64((uint64_t)_mm_cvtsi128_si64(address));
    *low = __builtin_bswap64((uint64_t)_mm_extract_epi64(address, 1));
    return 1;
}

int fairdial_read_ipv4(const uint8_t *text, size_t length, uint32_t *bits) {
    // Between 0.0.0.0 and 255.255.255.255.
    if (length - 7 > 8 || !has_vectors()) return 0;
    return read_ipv4(text, length, bits);
}

int fairdial_read_ipv6(const uint8_t *text, size_t length, uint64_t *high, uint64_t *low) {
    if (length - 2 > 37 || !has_vectors()) return 0;
    return read_ipv6(text, length, high, low);
}

#else

int fairdial_read_ipv4(const uint8_t *text, size_t length, uint32_t *bits) {
    (void)text, (void)length, (void)bits;
    return 0;
}

int fairdial_read_ipv6(const uint8_t *text, size_t length, uint64_t *high, uint64_t *low) {
    (void)text, (void)length, (void)high, (void)low;
    return 0;
}

#endif
