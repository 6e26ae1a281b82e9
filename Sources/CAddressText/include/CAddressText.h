// SPDX-License-Identifier: Apache-2.0
//
// The text of an address, read with the processor's vectors. Nothing here has state or makes a system call.

#ifndef CADDRESSTEXT_H
#define CADDRESSTEXT_H

#include <stddef.h>
#include <stdint.h>

/// Reads dotted decimal of four octets: 1 and the address in host byte order, or 0. A 0 may also mean that this
/// processor has none of the vectors that we use, so the plain reader is to be asked then.
int fairdial_read_ipv4(const uint8_t *text, size_t length, uint32_t *bits);

/// Reads an IPv6 address without a dotted part, likewise; both halves in host byte order.
int fairdial_read_ipv6(const uint8_t *text, size_t length, uint64_t *high, uint64_t *low);

#endif
