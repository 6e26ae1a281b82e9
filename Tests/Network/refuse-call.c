// SPDX-License-Identifier: Apache-2.0
//
// Runs a program that the kernel refuses one system call: usage: refuse-call NUMBER[:FIRST] ERRNO PROGRAM [ARGUMENT...]
// Number and error number are this machine's own; a number below zero refuses nothing. It cannot be called for execve.
// Where FIRST is given, the call is refused only with that for its first argument: the family, for socket.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count < 4) {
        fprintf(stderr, "usage: refuse-call NUMBER[:FIRST] ERRNO PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    int number = atoi(words[1]);
    int error = atoi(words[2]);
    const char *colon = strchr(words[1], ':');
    unsigned first = colon ? (unsigned)atoi(colon + 1) : 0;
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
        // All machines that this runs on have the lower half first.
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, colon ? 1 : 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    if (number >= 0) {
        // Without new privileges anybody may have a filter.
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
            fprintf(stderr, "refuse-call: no filter: %s\n", strerror(errno));
            return 3;
        }
    }
    execvp(words[3], words + 3);
    fprintf(stderr, "refuse-call: %s: %s\n", words[3], strerror(errno));
    return 4;
}
