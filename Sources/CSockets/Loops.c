// SPDX-License-Identifier: Apache-2.0
//
// What NIO's event loops need of the system, asked for before NIO does: it ends the process where it does not get it.

#define _GNU_SOURCE
#include "CSockets.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    DESCRIPTORS_OF_A_LOOP = 3,
    /// Descriptors that must stay free beside the loops': other threads open some at the same time, and a dial needs a
    /// socket.
    DESCRIPTORS_FOR_OTHERS = 8,
};

/// One loop's descriptors, as NIO opens them; in the order in which they are opened. Returns how many there are.
static int open_loop(int *descriptors)
{
    if ((descriptors[0] = epoll_create(128)) < 0)
        return 0;
    if ((descriptors[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return 1;
    if ((descriptors[2] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) < 0)
        return 2;
    return DESCRIPTORS_OF_A_LOOP;
}

/// Whether these can be used as a loop uses them; a filter may refuse any of the calls. Returns 0 or the error number.
static int try_loop(const int *descriptors)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
    if (epoll_ctl(descriptors[0], EPOLL_CTL_ADD, descriptors[1], &event) != 0
        || epoll_ctl(descriptors[0], EPOLL_CTL_ADD, descriptors[2], &event) != 0
        || fcntl(descriptors[0], F_GETFL) < 0 || timerfd_settime(descriptors[2], 0, &soon, NULL) != 0
        || eventfd_write(descriptors[1], 1) != 0
        || epoll_wait(descriptors[0], &event, 1, 0) < 0)
        return errno == EINTR ? 0 : errno;
    return 0;
}

static int lack_of_descriptors(int count)
{
    int *descriptors = malloc(((size_t)count * DESCRIPTORS_OF_A_LOOP + DESCRIPTORS_FOR_OTHERS) * sizeof *descriptors);
    if (!descriptors)
        return ENOMEM;
    int opened = 0, error = 0;
    for (int loop = 0; loop < count && error == 0; loop++) {
        int had = open_loop(descriptors + opened);
        if (had < DESCRIPTORS_OF_A_LOOP)
            error = errno;
        else if (loop == 0)
            error = try_loop(descriptors + opened);
        opened += had;
    }
    for (int other = 0; other < DESCRIPTORS_FOR_OTHERS && error == 0; other++) {
        int copy = dup(descriptors[0]);
        if (copy < 0 && errno != ENOSYS && errno != EPERM)
            error = errno;
        if (copy >= 0)
            descriptors[opened++] = copy;
    }
    while (opened > 0)
        close(descriptors[--opened]);
    free(descriptors);
    return error;
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int next;
};

struct waiter {
    struct gate *gate;
    pthread_t thread;
    int turn;
};

static void *wait_for_turn(void *argument)
{
    struct waiter *waiter = argument;
    pthread_mutex_lock(&waiter->gate->mutex);
    while (waiter->gate->next < waiter->turn)
        pthread_cond_wait(&waiter->gate->condition, &waiter->gate->mutex);
    pthread_mutex_unlock(&waiter->gate->mutex);
    return NULL;
}

/// All of them at once, because a loop's stays. They leave one after the other, each joined before the next: the kernel
/// may count the last one a moment longer, and for that there was one more than is needed.
static int lack_of_threads(int count)
{
    struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .condition = PTHREAD_COND_INITIALIZER, .next = -1};
    struct waiter *waiters = calloc((size_t)count, sizeof *waiters);
    if (!waiters)
        return ENOMEM;
    int started = 0, error = 0;
    while (started < count && error == 0) {
        waiters[started] = (struct waiter){.gate = &gate, .turn = started};
        error = pthread_create(&waiters[started].thread, NULL, wait_for_turn, &waiters[started]);
        if (error == 0)
            started++;
    }
    for (int turn = 0; turn < started; turn++) {
        pthread_mutex_lock(&gate.mutex);
        gate.next = turn;
        pthread_cond_broadcast(&gate.condition);
        pthread_mutex_unlock(&gate.mutex);
        pthread_join(waiters[turn].thread, NULL);
    }
    free(waiters);
    return error;
}

int fairdial_lack_for_loops(int count, int *error)
{
    if (count < 1)
        count = 1;
    if (count > INT_MAX / 16)
        count = INT_MAX / 16;
    if ((*error = lack_of_descriptors(count)) != 0)
        return FAIRDIAL_LACKS_DESCRIPTOR;
    if ((*error = lack_of_threads(count + 1)) != 0)
        return FAIRDIAL_LACKS_THREAD;
    return 0;
}
#endif
