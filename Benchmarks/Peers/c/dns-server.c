// SPDX-License-Identifier: Apache-2.0

// Answers DNS queries on loopback, over UDP and TCP, faster than a client can ask: one thread, many messages a system call, and
// it looks once more for a while before it sleeps, so that a client seldom pays for waking it.
//
// Prints "ready PORT..." when it listens. Ends on SIGTERM, or when its standard input closes, and then tells what it did.

#define _GNU_SOURCE

#include "dns-answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// From linux/sock_diag.h, whose place in the array is part of the system's interface.
enum { SK_MEMINFO_DROPS = 8, SK_MEMINFO_VARS = 9 };

enum { MOST_LISTENERS = 16, MOST_CONNECTIONS = 4096, MOST_QUERY = 512, BATCH = 64, SOCKET_BUFFER = 64 << 20 };
static const int64_t LOOK_AGAIN_FOR = 200 * 1000; // nanoseconds

struct listener {
    struct sockaddr_in address;
    int udp, tcp;
};

struct connection {
    int descriptor;
    uint32_t generation; // of those that have had this place
    size_t received;
    uint8_t query[2 + MOST_QUERY];
    uint8_t *unsent;
    size_t unsent_length;
};

// An answer on its way: to an address from a listener's socket, or down a connection.
struct answer {
    int64_t due;
    bool is_tcp;
    uint32_t place, generation;
    struct sockaddr_in client;
    uint16_t length;
    uint8_t bytes[MOST_ANSWER];
};

// Every answer is equally late, so the first come is the first due.
struct answers {
    struct answer *ring;
    size_t first, count, capacity;
};

// What an event is about, in the upper half of its data; which one, in the lower.
enum subject { SIGNAL, INPUT, TIMER, UDP, TCP, CONNECTION };

static struct listener listeners[MOST_LISTENERS];
static size_t listener_count;
static struct connection connections[MOST_CONNECTIONS];
static struct answers late;
static int64_t delay;      // nanoseconds
static uint64_t loss;      // of 2^32
static uint64_t generator; // SplitMix64's state
static int queue, timer;
static struct {
    uint64_t queries, answers, lost, most_late;
} counters;

static void read_options(int argc, char **argv);
static void listen_all(void);
static void serve(void);
static void take_udp(uint32_t place);
static void take_tcp(uint32_t place);
static void take_connection(uint32_t place, uint32_t events);
static void send_due(void);
static void tell_counters(void);
static _Noreturn void fail(const char *what);
static _Noreturn void fail_usage(void);

int main(int argc, char **argv) {
    read_options(argc, argv);
    queue = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (queue < 0 || timer < 0) fail("epoll_create1 or timerfd_create");
    listen_all();
    serve();
    tell_counters();
    return 0;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void watch(int descriptor, enum subject subject, uint32_t place, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)subject << 32 | place};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

// MARK: Listening

// The same port for UDP and TCP. If the system chooses, its choice for TCP may be taken for UDP: then it chooses again.
static bool open_sockets(struct listener *listener) {
    struct sockaddr_in address = listener->address;
    socklen_t length = sizeof address;
    int on = 1, size = SOCKET_BUFFER;
    listener->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Blocking, for what is sent; receiving never waits.
    listener->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (listener->tcp < 0 || listener->udp < 0) fail("socket");
    setsockopt(listener->tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // As large as the system allows, or larger for root: what is dropped here would be taken for a client's loss.
    if (setsockopt(listener->udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(listener->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(listener->tcp, (struct sockaddr *)&address, length) == 0 &&
        getsockname(listener->tcp, (struct sockaddr *)&address, &length) == 0 &&
        bind(listener->udp, (struct sockaddr *)&address, length) == 0 && listen(listener->tcp, 1024) == 0) {
        listener->address = address;
        return true;
    }
    close(listener->tcp);
    close(listener->udp);
    return false;
}

static void listen_all(void) {
    for (uint32_t place = 0; place < listener_count; place++) {
        struct listener *listener = &listeners[place];
        int tries = listener->address.sin_port == 0 ? 100 : 1;
        while (!open_sockets(listener)) {
            if (--tries == 0) fail("bind");
        }
        watch(listener->udp, UDP, place, EPOLLIN);
        watch(listener->tcp, TCP, place, EPOLLIN);
    }
    for (size_t place = 0; place < MOST_CONNECTIONS; place++) connections[place].descriptor = -1;

    printf("ready");
    for (size_t place = 0; place < listener_count; place++) printf(" %d", ntohs(listeners[place].address.sin_port));
    printf("\n");
    if (fflush(stdout) != 0) fail("standard output");
}

// MARK: Serving

static bool has_input_ended(void) {
    char bytes[64];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
}

static void serve(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    watch(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK), SIGNAL, 0, EPOLLIN);
    watch(timer, TIMER, 0, EPOLLIN);
    // Neither a file nor /dev/null can be watched; nor does it close.
    struct epoll_event input = {.events = EPOLLIN, .data.u64 = (uint64_t)INPUT << 32};
    epoll_ctl(queue, EPOLL_CTL_ADD, STDIN_FILENO, &input);

    for (int64_t last_event = now();;) {
        struct epoll_event events[BATCH];
        int timeout = now() - last_event < LOOK_AGAIN_FOR ? 0 : -1;
        int count = epoll_wait(queue, events, BATCH, timeout);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        if (count > 0) last_event = now();
        for (int i = 0; i < count; i++) {
            uint32_t place = (uint32_t)events[i].data.u64;
            switch ((enum subject)(events[i].data.u64 >> 32)) {
            case SIGNAL: return;
            case INPUT:
                if (has_input_ended()) return;
                break;
            case TIMER: send_due(); break;
            case UDP: take_udp(place); break;
            case TCP: take_tcp(place); break;
            case CONNECTION: take_connection(place, events[i].events); break;
            }
        }
    }
}

static bool is_lost(void) {
    if (loss == 0) return false;
    uint64_t mixed = generator += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return (mixed ^ mixed >> 31) >> 32 < loss;
}

// MARK: Late answers

static void set_timer(void) {
    int64_t due = late.count > 0 ? late.ring[late.first].due : 0;
    struct itimerspec setting = {.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000}};
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, NULL) != 0) fail("timerfd_settime");
}

static void answer_later(const struct answer *answer) {
    if (late.count == late.capacity) {
        size_t capacity = late.capacity > 0 ? late.capacity * 2 : 1024;
        struct answer *ring = malloc(capacity * sizeof *ring);
        if (!ring) fail("malloc");
        for (size_t i = 0; i < late.count; i++) ring[i] = late.ring[(late.first + i) % late.capacity];
        free(late.ring);
        late.ring = ring;
        late.first = 0;
        late.capacity = capacity;
    }
    late.ring[(late.first + late.count++) % late.capacity] = *answer;
    if (late.count > counters.most_late) counters.most_late = late.count;
    if (late.count == 1) set_timer();
}

// MARK: UDP

static void send_udp(uint32_t place, struct mmsghdr *messages, unsigned count) {
    for (unsigned sent = 0; sent < count;) {
        int more = sendmmsg(listeners[place].udp, messages + sent, count - sent, 0);
        if (more > 0) counters.answers += (unsigned)more;
        // The first could not be sent; the others may.
        sent += more > 0 ? (unsigned)more : errno == EINTR ? 0 : 1;
    }
}

static void take_udp(uint32_t place) {
    static uint8_t queries[BATCH][MOST_QUERY];
    static struct answer answers[BATCH];
    for (;;) {
        struct mmsghdr messages[BATCH];
        struct iovec parts[BATCH];
        struct sockaddr_in clients[BATCH];
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){queries[i], MOST_QUERY};
            messages[i].msg_hdr =
                (struct msghdr){.msg_name = &clients[i], .msg_namelen = sizeof clients[i], .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        int count = recvmmsg(listeners[place].udp, messages, BATCH, MSG_DONTWAIT, NULL);
        if (count <= 0) return;
        counters.queries += (unsigned)count;
        int64_t due = delay > 0 ? now() + delay : 0;
        unsigned ready = 0;
        for (int i = 0; i < count; i++) {
            if (is_lost()) {
                counters.lost++;
                continue;
            }
            struct answer *answer = &answers[ready];
            answer->length = (uint16_t)dns_answer(queries[i], messages[i].msg_len, answer->bytes);
            if (answer->length == 0) continue;
            if (delay > 0) {
                answer->due = due;
                answer->is_tcp = false;
                answer->place = place;
                answer->client = clients[i];
                answer_later(answer);
            } else {
                // At or before this query's own place, which has been read.
                clients[ready] = clients[i];
                parts[ready] = (struct iovec){answer->bytes, answer->length};
                ready++;
            }
        }
        send_udp(place, messages, ready);
        if (count < BATCH) return;
    }
}

// MARK: TCP

static void end_connection(struct connection *connection) {
    close(connection->descriptor);
    free(connection->unsent);
    connection->descriptor = -1;
    connection->generation++;
    connection->unsent = NULL;
    connection->unsent_length = 0;
}

static void take_tcp(uint32_t place) {
    int descriptor;
    while ((descriptor = accept4(listeners[place].tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        uint32_t free_place = 0;
        while (free_place < MOST_CONNECTIONS && connections[free_place].descriptor >= 0) free_place++;
        if (free_place == MOST_CONNECTIONS) {
            close(descriptor);
            continue;
        }
        connections[free_place].descriptor = descriptor;
        connections[free_place].received = 0;
        // Edges: both directions are taken to their end each time.
        watch(descriptor, CONNECTION, free_place, EPOLLIN | EPOLLOUT | EPOLLET);
    }
}

static void send_unsent(struct connection *connection) {
    while (connection->unsent_length > 0) {
        ssize_t sent = send(connection->descriptor, connection->unsent, connection->unsent_length, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) end_connection(connection);
            return;
        }
        connection->unsent_length -= (size_t)sent;
        memmove(connection->unsent, connection->unsent + sent, connection->unsent_length);
    }
}

static void answer_tcp(const struct answer *answer) {
    struct connection *connection = &connections[answer->place];
    if (connection->descriptor < 0 || connection->generation != answer->generation) return;
    uint8_t *unsent = realloc(connection->unsent, connection->unsent_length + 2 + answer->length);
    if (!unsent) fail("realloc");
    connection->unsent = unsent;
    uint8_t *end = unsent + connection->unsent_length;
    end[0] = (uint8_t)(answer->length >> 8);
    end[1] = (uint8_t)answer->length;
    memcpy(end + 2, answer->bytes, answer->length);
    connection->unsent_length += 2 + (size_t)answer->length;
    counters.answers++;
    send_unsent(connection);
}

static void take_connection(uint32_t place, uint32_t events) {
    struct connection *connection = &connections[place];
    if (events & EPOLLOUT) send_unsent(connection);
    while (connection->descriptor >= 0) {
        ssize_t count = recv(connection->descriptor, connection->query + connection->received,
                             sizeof connection->query - connection->received, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            end_connection(connection);
            return;
        }
        connection->received += (size_t)count;
        while (connection->descriptor >= 0 && connection->received >= 2) {
            size_t length = (size_t)connection->query[0] << 8 | connection->query[1];
            if (length > MOST_QUERY) {
                end_connection(connection);
                return;
            }
            if (connection->received < 2 + length) break;
            counters.queries++;
            struct answer answer = {.is_tcp = true, .place = place, .generation = connection->generation};
            answer.length = (uint16_t)dns_answer(connection->query + 2, length, answer.bytes);
            connection->received -= 2 + length;
            memmove(connection->query, connection->query + 2 + length, connection->received);
            if (answer.length == 0) continue;
            if (delay > 0) {
                answer.due = now() + delay;
                answer_later(&answer);
            } else {
                answer_tcp(&answer);
            }
        }
    }
}

// MARK: What is due

// Sends in batches what goes out by one socket.
static void send_due(void) {
    uint64_t expirations;
    if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) fail("timerfd");
    int64_t time = now();
    while (late.count > 0 && late.ring[late.first].due <= time) {
        uint32_t place = late.ring[late.first].place;
        struct mmsghdr messages[BATCH];
        struct iovec parts[BATCH];
        unsigned count = 0;
        for (; count < BATCH && count < late.count; count++) {
            struct answer *answer = &late.ring[(late.first + count) % late.capacity];
            if (answer->due > time || answer->is_tcp || answer->place != place) break;
            parts[count] = (struct iovec){answer->bytes, answer->length};
            messages[count].msg_hdr = (struct msghdr){.msg_name = &answer->client, .msg_namelen = sizeof answer->client,
                                                      .msg_iov = &parts[count], .msg_iovlen = 1};
        }
        if (count > 0) {
            send_udp(place, messages, count);
        } else {
            answer_tcp(&late.ring[late.first]);
            count = 1;
        }
        late.first = (late.first + count) % late.capacity;
        late.count -= count;
    }
    set_timer();
}

// MARK: Options and counters

static double read_number(const char *text, double least, double most) {
    char *end;
    double number = text ? strtod(text, &end) : NAN;
    if (!text || end == text || *end != 0 || !(number >= least && number <= most)) fail_usage();
    return number;
}

static void read_options(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 1; i < argc; i += 2) {
        const char *option = argv[i], *value = argv[i + 1];
        if (strcmp(option, "--address") == 0) {
            if (!value || inet_pton(AF_INET, value, &address.sin_addr) != 1) fail_usage();
        } else if (strcmp(option, "--port") == 0) {
            if (listener_count == MOST_LISTENERS) fail_usage();
            address.sin_port = htons((uint16_t)read_number(value, 0, 65535));
            listeners[listener_count++].address = address;
        } else if (strcmp(option, "--delay") == 0) {
            delay = (int64_t)(read_number(value, 0, 3600e3) * 1e6);
        } else if (strcmp(option, "--loss") == 0) {
            loss = (uint64_t)(read_number(value, 0, 100) / 100 * 4294967296.0);
        } else if (strcmp(option, "--seed") == 0) {
            generator = (uint64_t)read_number(value, 0, 4294967295.0);
        } else {
            fail_usage();
        }
    }
    if (listener_count == 0) fail_usage();
}

static void tell_counters(void) {
    uint64_t dropped = 0;
    for (size_t place = 0; place < listener_count; place++) {
        uint32_t memory[SK_MEMINFO_VARS] = {0};
        socklen_t length = sizeof memory;
        getsockopt(listeners[place].udp, SOL_SOCKET, SO_MEMINFO, memory, &length);
        dropped += memory[SK_MEMINFO_DROPS];
    }
    fprintf(stderr,
            "dns-server: %" PRIu64 " queries, %" PRIu64 " answers, %" PRIu64 " lost on purpose, %" PRIu64
            " dropped by the system, %" PRIu64 " late at once\n",
            counters.queries, counters.answers, counters.lost, dropped, counters.most_late);
}

static void fail(const char *what) {
    fprintf(stderr, "dns-server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void fail_usage(void) {
    fputs("usage: dns-server [--address A] --port P ... [--delay MILLISECONDS] [--loss PERCENT] [--seed N]\n"
          "  Each port is on the address given last before it, else on 127.0.0.1; the system chooses port 0.\n"
          "  Loss is of UDP queries alone.\n",
          stderr);
    exit(2);
}
