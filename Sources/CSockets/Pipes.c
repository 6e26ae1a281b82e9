// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CSockets.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fairdial_open_pipe(int ends[2], int room)
{
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
        return errno;
    // A wish: a user may have so much in pipes and no more, and a smaller one serves.
    (void)fcntl(ends[1], F_SETPIPE_SZ, room);
    return 0;
}

ssize_t fairdial_splice(int from, int to, size_t count)
{
    for (int attempt = 0; attempt < FAIRDIAL_MOST_INTERRUPTIONS; attempt++) {
        ssize_t moved = splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved >= 0)
            return moved;
        if (errno != EINTR)
            return -errno;
    }
    return -EIO;
}

#endif
