// SPDX-License-Identifier: Apache-2.0

// Listens on 127.0.0.1, prints the port, and accepts for ever, as cheaply as can be: so that the dialing side is what is
// measured. A connection is kept until a thousand more have come, by when the dialing side has closed it.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(int failed, const char *what) {
    if (!failed) return;
    perror(what);
    exit(1);
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(listener < 0, "socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    // A port of the kind that services have, not one that the system gives to clients.
    int port = 20000, status;
    do address.sin_port = htons(port);
    while ((status = bind(listener, (struct sockaddr *)&address, length)) != 0 && errno == EADDRINUSE && ++port < 30000);
    check(status != 0, "bind");
    check(listen(listener, 4096) != 0, "listen");
    check(getsockname(listener, (struct sockaddr *)&address, &length) != 0, "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    enum { KEPT = 1000 };
    static int kept[KEPT];
    for (unsigned long next = 0;; next++) {
        int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (accepted < 0) continue;
        int *place = &kept[next % KEPT];
        if (*place > 0) close(*place);
        *place = accepted;
    }
}
