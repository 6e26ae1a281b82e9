// SPDX-License-Identifier: Apache-2.0
//
// The few C lines that Swift's Glibc module hides. Nothing here has state.

#ifndef CFAIRDIAL_H
#define CFAIRDIAL_H

#endif
