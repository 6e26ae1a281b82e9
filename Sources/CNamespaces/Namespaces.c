// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CNamespaces.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

static int write_text(const char *path, const char *text)
{
    const int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    const ssize_t written = write(descriptor, text, strlen(text));
    const int failure = written < 0 ? errno : 0;
    close(descriptor);
    return failure;
}

// An unprivileged process may map itself alone, and only after it has given up setting groups.
static int map_self_to_root(unsigned user, unsigned group)
{
    char line[64];
    int failure = write_text("/proc/self/setgroups", "deny");
    if (failure != 0 && failure != ENOENT)
        return failure;
    snprintf(line, sizeof line, "0 %u 1", user);
    if ((failure = write_text("/proc/self/uid_map", line)) != 0)
        return failure;
    snprintf(line, sizeof line, "0 %u 1", group);
    return write_text("/proc/self/gid_map", line);
}

static int raise_loopback(void)
{
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const int failure = ioctl(descriptor, SIOCSIFFLAGS, &request) < 0 ? errno : 0;
    close(descriptor);
    return failure;
}

int fairdial_enter_namespaces(void)
{
    const unsigned user = geteuid();
    const unsigned group = getegid();
    int failure = 0;
    // Root needs no user namespace, and in a container may not be allowed one; every other user does.
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0)
            return errno;
        if ((failure = map_self_to_root(user, group)) != 0)
            return failure;
    }
    // Nothing that is mounted from here on may be seen outside.
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return errno;
    return raise_loopback();
}

int fairdial_bind_mount(const char *file, const char *path)
{
    return mount(file, path, NULL, MS_BIND, NULL) < 0 ? errno : 0;
}

int fairdial_hide_directory(const char *path)
{
    return mount("none", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=4k") < 0 ? errno : 0;
}
#endif
