/* The limit of the machine: a server that does nothing but write() the same bytes to every watcher.
 *
 *     limit FRAME_FILE...
 *
 * Each file is what another server really wrote to a watcher for one request; the one with as many
 * marks as the request has lines is what every watcher gets, with the request's running numbers
 * copied into it, so that the load can tell a lost line here as everywhere. Nothing is parsed,
 * stored or queued: a socket that is full is waited for. One producer, one thread.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "marks.h"

#define MAX_WATCHERS 65536
#define MAX_FRAMES 8
#define MAX_LINES 1024      /* a request */
#define REQUEST_BYTES 65536 /* more than the largest request of the load */
#define EVENTS 512

struct frame {
    char *bytes;
    size_t size;
    int count;
    char *slots[MAX_LINES];
};

static const char STREAM[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: limit\n\n";
static const char STORED[] = "HTTP/1.1 204 No Content\r\n\r\n";

static struct frame frames[MAX_FRAMES];
static int frame_count;
static int watchers[MAX_WATCHERS];
static int watcher_count;
static char request[REQUEST_BYTES];
static size_t request_size;

/* The places of the running numbers in `bytes`; how many. */
static int find_slots(char *bytes, size_t size, char **slots)
{
    int count = 0;
    char *at = bytes, *end = bytes + size;
    while (count < MAX_LINES && (at = memmem(at, (size_t)(end - at), MARK, MARK_BYTES))) {
        slots[count++] = at + MARK_BYTES;
        at += NUMBERED;
    }
    return count;
}

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0)
            return; /* it has gone; its own end of file is read later */
        bytes += written;
        size -= (size_t)written;
    }
}

static void deliver(char *body, size_t size)
{
    static char *numbers[MAX_LINES];
    int count = find_slots(body, size, numbers);
    for (int i = 0; i < frame_count; i++) {
        struct frame *frame = &frames[i];
        if (frame->count != count)
            continue;
        for (int line = 0; line < count; line++)
            memcpy(frame->slots[line], numbers[line], DIGITS);
        for (int w = 0; w < watcher_count; w++)
            write_all(watchers[w], frame->bytes, frame->size);
        return;
    }
    fail(4, "no frame has %d lines", count);
}

static void leave(int fd)
{
    for (int i = 0; i < watcher_count; i++)
        if (watchers[i] == fd)
            watchers[i] = watchers[--watcher_count];
    close(fd);
}

/* A piece of a request has come: a watcher's is one piece, the producer's may be several. */
static void take(int fd)
{
    ssize_t got = read(fd, request + request_size, REQUEST_BYTES - 1 - request_size);
    if (got <= 0) {
        leave(fd);
        return;
    }
    request_size += (size_t)got;
    request[request_size] = 0;
    char *body = strstr(request, "\r\n\r\n");
    char *length = strcasestr(request, "content-length:");
    if (!body || (length && request + request_size - body - 4 < atol(length + 15)))
        return;
    if (!strncmp(request, "GET ", 4)) {
        watchers[watcher_count++] = fd;
        write_all(fd, STREAM, sizeof STREAM - 1);
    } else {
        deliver(body, request_size - (size_t)(body - request));
        write_all(fd, STORED, sizeof STORED - 1);
    }
    request_size = 0;
}

static int listen_anywhere(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&place, size) || listen(listener, 4096))
        fail(4, "cannot listen");
    getsockname(listener, (struct sockaddr *)&place, &size);
    fprintf(stderr, "serves http://127.0.0.1:%d\n", ntohs(place.sin_port));
    return listener;
}

static void enter(int poll, int listener)
{
    int on = 1, fd = accept(listener, NULL, NULL);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || watcher_count == MAX_WATCHERS || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted))
        fail(4, "cannot accept");
}

int main(int count, char **files)
{
    struct epoll_event ready[EVENTS], first = {.events = EPOLLIN};
    for (int i = 1; i < count && i <= MAX_FRAMES; i++) {
        struct frame *frame = &frames[frame_count++];
        frame->bytes = read_file(files[i], &frame->size);
        frame->count = find_slots(frame->bytes, frame->size, frame->slots);
    }
    int poll = epoll_create1(0), listener = listen_anywhere();
    first.data.fd = listener;
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first);
    for (;;) {
        int many = epoll_wait(poll, ready, EVENTS, -1);
        for (int i = 0; i < many; i++) {
            if (ready[i].data.fd == listener)
                enter(poll, listener);
            else
                take(ready[i].data.fd);
        }
    }
}
