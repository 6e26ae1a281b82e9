// SPDX-License-Identifier: Apache-2.0
//
// The interfaces and their addresses, as rtnetlink(7) tells them.

#define _GNU_SOURCE
#include "CSockets.h"

#ifdef __linux__
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Linux 5.5 has them; older headers do not.
enum { PROPERTY_LIST = 52, ALTERNATIVE_NAME = 53 };

static void tell_names(fairdial_interface_listener tell, void *context, const struct nlmsghdr *header)
{
    const struct ifinfomsg *link = NLMSG_DATA(header);
    struct fairdial_interface_fact fact = {
        .kind = FAIRDIAL_INTERFACE_NAME, .index = (uint32_t)link->ifi_index};
    size_t length = IFLA_PAYLOAD(header);
    for (struct rtattr *part = IFLA_RTA(link); RTA_OK(part, length); part = RTA_NEXT(part, length)) {
        const unsigned type = part->rta_type & NLA_TYPE_MASK;
        if (type == IFLA_IFNAME) {
            fact.bytes = RTA_DATA(part);
            fact.length = strnlen(RTA_DATA(part), RTA_PAYLOAD(part));
            tell(context, &fact);
        } else if (type == PROPERTY_LIST) {
            size_t rest = RTA_PAYLOAD(part);
            for (struct rtattr *inner = RTA_DATA(part); RTA_OK(inner, rest); inner = RTA_NEXT(inner, rest)) {
                if ((inner->rta_type & NLA_TYPE_MASK) != ALTERNATIVE_NAME)
                    continue;
                fact.bytes = RTA_DATA(inner);
                fact.length = strnlen(RTA_DATA(inner), RTA_PAYLOAD(inner));
                tell(context, &fact);
            }
        }
    }
}

static void tell_address(fairdial_interface_listener tell, void *context, const struct nlmsghdr *header)
{
    const struct ifaddrmsg *message = NLMSG_DATA(header);
    if (message->ifa_family != AF_INET && message->ifa_family != AF_INET6)
        return;
    struct fairdial_interface_fact fact = {.kind = FAIRDIAL_INTERFACE_ADDRESS, .index = message->ifa_index};
    const struct rtattr *local = NULL, *address = NULL;
    size_t length = IFA_PAYLOAD(header);
    for (struct rtattr *part = IFA_RTA(message); RTA_OK(part, length); part = RTA_NEXT(part, length)) {
        if (part->rta_type == IFA_ADDRESS)
            address = part;
        else if (part->rta_type == IFA_LOCAL)
            local = part;
    }
    // As glibc chooses: on a point-to-point link the address is the other end's.
    const struct rtattr *chosen = address != NULL ? address : local;
    if (chosen == NULL)
        return;
    fact.bytes = RTA_DATA(chosen);
    fact.length = RTA_PAYLOAD(chosen);
    tell(context, &fact);
}

/// Asks for everything of one kind and hands each message on. Returns 0, EAGAIN when the kernel changed it while it was
/// read, or the system's error number.
static int dump(int descriptor, uint16_t type, uint32_t number, fairdial_interface_listener tell, void *context,
                char *buffer, size_t capacity)
{
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = number;
    request.body.rtgen_family = AF_UNSPEC;
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t count;
    int interruptions = 0;
    do {
        count = sendto(descriptor, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel);
    } while (count < 0 && errno == EINTR && ++interruptions < FAIRDIAL_MOST_INTERRUPTIONS);
    if (count < 0)
        return errno;
    int changed = 0;
    for (;;) {
        struct iovec part = {buffer, capacity};
        struct msghdr message = {.msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = &part, .msg_iovlen = 1};
        do {
            count = recvmsg(descriptor, &message, 0);
        } while (count < 0 && errno == EINTR && ++interruptions < FAIRDIAL_MOST_INTERRUPTIONS);
        if (count < 0)
            return errno;
        if (message.msg_flags & MSG_TRUNC)
            return EMSGSIZE;
        if (kernel.nl_pid != 0)
            continue;
        size_t rest = (size_t)count;
        struct nlmsghdr *header = (struct nlmsghdr *)buffer;
        for (; NLMSG_OK(header, rest); header = NLMSG_NEXT(header, rest)) {
            if (header->nlmsg_seq != number)
                continue;
            if (header->nlmsg_flags & NLM_F_DUMP_INTR)
                changed = 1;
            if (header->nlmsg_type == NLMSG_DONE)
                return changed ? EAGAIN : 0;
            if (header->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *refusal = NLMSG_DATA(header);
                return refusal->error == 0 ? EPROTO : -refusal->error;
            }
            if (header->nlmsg_type == RTM_NEWLINK)
                tell_names(tell, context, header);
            else if (header->nlmsg_type == RTM_NEWADDR)
                tell_address(tell, context, header);
        }
    }
}

int fairdial_list_interfaces(fairdial_interface_listener tell, void *context)
{
    const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0)
        return errno;
    // The kernel writes no more than 32 KiB at a time.
    const size_t capacity = 64 * 1024;
    char *buffer = malloc(capacity);
    int failure = buffer == NULL ? ENOMEM : 0;
    if (failure == 0)
        failure = dump(descriptor, RTM_GETLINK, 1, tell, context, buffer, capacity);
    if (failure == 0)
        failure = dump(descriptor, RTM_GETADDR, 2, tell, context, buffer, capacity);
    free(buffer);
    close(descriptor);
    return failure;
}

int fairdial_watch_interfaces(void)
{
    const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (descriptor < 0)
        return -errno;
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        // Routes too: a VPN may take over by a route alone, and a connected socket keeps the old way's address.
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        const int failure = errno;
        close(descriptor);
        return -failure;
    }
    return descriptor;
}

/// Messages that are read at a time.
#define MOST_CHANGES 4096

int fairdial_interfaces_changed(int descriptor)
{
    char byte;
    int changed = 0;
    // Where changes come faster than they are read, enough has changed.
    for (int reads = 0; reads < MOST_CHANGES; reads++) {
        // What has changed does not matter; a message is dropped with what did not fit.
        if (recv(descriptor, &byte, sizeof byte, MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
            changed = 1;
        else if (errno == EAGAIN)
            return changed;
        else if (errno != EINTR)
            return 1;
    }
    return 1;
}
#endif
