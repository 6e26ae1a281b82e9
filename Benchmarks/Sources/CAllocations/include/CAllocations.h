// SPDX-License-Identifier: Apache-2.0

#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

/// How many blocks of memory this process has asked for so far.
unsigned long allocation_count(void);

#endif
