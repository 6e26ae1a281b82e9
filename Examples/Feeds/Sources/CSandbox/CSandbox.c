// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CSandbox.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static int put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return errno;
    int failure = write(file, text, strlen(text)) < 0 ? errno : 0;
    close(file);
    return failure;
}

// A user without rights may map itself alone, and must give up setgroups first.
static int become_root_inside(uid_t user, gid_t group)
{
    char user_map[48], group_map[48];
    snprintf(user_map, sizeof user_map, "0 %u 1", (unsigned)user);
    snprintf(group_map, sizeof group_map, "0 %u 1", (unsigned)group);
    int failure = put("/proc/self/setgroups", "deny");
    if (failure == 0 || failure == ENOENT)
        failure = put("/proc/self/uid_map", user_map);
    return failure ? failure : put("/proc/self/gid_map", group_map);
}

static int raise_loopback(void)
{
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int socket_number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_number < 0)
        return errno;
    int failure = ioctl(socket_number, SIOCSIFFLAGS, &loopback) < 0 ? errno : 0;
    close(socket_number);
    return failure;
}

int feeds_enter_namespaces(void)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    // Root has no need of a user namespace, and a container may forbid it one.
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0)
            return errno;
        int failure = become_root_inside(user, group);
        if (failure)
            return failure;
    }
    // What is mounted from here on stays in here.
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return errno;
    return raise_loopback();
}

int feeds_show_file(const char *file, const char *path)
{
    return mount(file, path, NULL, MS_BIND, NULL) < 0 ? errno : 0;
}

int feeds_hide_folder(const char *path)
{
    return mount("none", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=4k") < 0 ? errno : 0;
}
#endif
