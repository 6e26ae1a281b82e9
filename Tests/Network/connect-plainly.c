// SPDX-License-Identifier: Apache-2.0
//
// What any C program does: getaddrinfo, socket, connect. usage: connect-plainly HOST PORT; status 0 where it connects.

#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    struct addrinfo hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(words[1], words[2], &hints, &found) != 0)
        return 1;
    for (struct addrinfo *next = found; next; next = next->ai_next) {
        int descriptor = socket(next->ai_family, next->ai_socktype, next->ai_protocol);
        if (descriptor < 0)
            continue;
        if (connect(descriptor, next->ai_addr, next->ai_addrlen) == 0)
            return 0;
        close(descriptor);
    }
    return 1;
}
