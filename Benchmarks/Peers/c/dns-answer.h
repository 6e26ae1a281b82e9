// SPDX-License-Identifier: Apache-2.0

#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

// A header, the longest name, its type and class, one address record and an OPT record fit.
enum { MOST_ANSWER = 12 + 255 + 4 + 28 + 11 };

/// Writes the answer to a query, and returns its length; 0 for what deserves no answer.
///
/// Every name has one A record, somewhere in 127/8 by the name's hash, and one AAAA record, ::1; of other types it has none.
/// The question comes back byte for byte, and an OPT record only if one was sent (RFC 6891 §6.1.1).
size_t dns_answer(const uint8_t *query, size_t length, uint8_t answer[MOST_ANSWER]);

#endif
