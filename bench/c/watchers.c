/* See watchers.h. */
#define _GNU_SOURCE
#include "watchers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "marks.h"

#define READ_BYTES (256 * 1024)
#define OPENING 64 /* at a time: Pushpin refuses more than a hundred that it has not yet seen to */
#define REOPENED 20 /* of how many watchers one may be cut off before its stream has begun */
#define A_SOURCE 5000 /* connections from one address: well below the ports that it has */
#define CUT_BYTES 40  /* kept from one read to the next: a mark, with what HTTP put inside it */

struct watcher {
    int fd;
    unsigned char cut_size;
    unsigned char begun;
    unsigned next;
    char cut[CUT_BYTES];
};

struct tally tally;
int watcher_poll, watcher_count;
double *sent_at;
float *waits;
size_t wait_count, wait_room;

unsigned everyone_has;

static struct watcher *watchers;
static int having[HAVING]; /* how many have a line, by its number */
static int begun_count;
static int opening, reopened_count;
static int to_port;
static const char *to_send, *ready_word;
static size_t to_send_size;
static char buffer[CUT_BYTES + READ_BYTES];

double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int connect_to(int port, int which)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in source = {.sin_family = AF_INET}, server = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)(which / A_SOURCE));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons((unsigned short)port);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof source) ||
        connect(fd, (struct sockaddr *)&server, sizeof server))
        fail(CUT, "cannot connect watcher or producer %d: %s", which, strerror(errno));
    return fd;
}

static void keep_cut(struct watcher *watcher, const char *from, const char *end)
{
    if (end - from > CUT_BYTES)
        fail(WRONG, "a mark came in too many pieces");
    watcher->cut_size = (unsigned char)(end - from);
    memcpy(watcher->cut, from, watcher->cut_size);
}

/* Past what HTTP writes between two chunks, if that is here; NULL if it is not all here. */
static const char *past_chunk(const char *at, const char *end)
{
    if (at < end && *at != '\r')
        return at;
    const char *size = memchr(at, '\n', (size_t)(end - at));
    const char *data = size ? memchr(size + 1, '\n', (size_t)(end - size - 1)) : NULL;
    return data && data + 1 < end ? data + 1 : NULL;
}

/* The number of the mark at `at`, and *past behind it: 0 if it is no mark, and past is NULL if
 * its end has not come yet. */
static unsigned read_mark(const char *at, const char *end, const char **past)
{
    unsigned number = 0;
    for (int i = 1; i < NUMBERED; i++) {
        if (!(at = past_chunk(at + 1, end))) {
            *past = NULL;
            return 0;
        }
        if (i < MARK_BYTES ? *at != MARK[i] : *at < '0' || *at > '9') {
            *past = at;
            return 0;
        }
        number = i < MARK_BYTES ? 0 : number * 10 + (unsigned)(*at - '0');
    }
    *past = at + 1;
    return number;
}

static void send_watcher(int which)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = (unsigned)which};
    watchers[which] = (struct watcher){.fd = connect_to(to_port, which), .next = 1};
    if (write(watchers[which].fd, to_send, to_send_size) != (ssize_t)to_send_size)
        fail(CUT, "the server did not take the request of watcher %d", which);
    if (epoll_ctl(watcher_poll, EPOLL_CTL_ADD, watchers[which].fd, &wanted))
        fail(WRONG, "cannot wait for watcher %d", which);
}

/* Ask again for a stream that ended before any line: a browser would, too. Not without end. */
static void reopen(struct watcher *watcher, const char *said, long size)
{
    int which = (int)(watcher - watchers);
    if (!opening || ++reopened_count > opening / REOPENED)
        fail(CUT, "the server ended the stream of watcher %d: %.*s", which,
             (int)(size > 300 ? 300 : size), said);
    begun_count -= watcher->begun;
    close(watcher->fd);
    send_watcher(which);
}

static void begin(struct watcher *watcher, const char *at, const char *end)
{
    size_t word = strlen(ready_word);
    if (!watcher->cut_size && memcmp(at, "HTTP/1.1 200", 12) && memcmp(at, "HTTP/1.1 101", 12)) {
        reopen(watcher, at, end - at);
        return;
    }
    watcher->begun = memmem(at, (size_t)(end - at), ready_word, word) != NULL;
    begun_count += watcher->begun;
    keep_cut(watcher, watcher->begun ? end : end - at > (long)word ? end - word : at, end);
}

static void count_line(struct watcher *watcher, unsigned number, double time)
{
    if (number != watcher->next)
        fail(LOST, "watcher %ld got line %u where line %u was due: %s", (long)(watcher - watchers),
             number, watcher->next, number < watcher->next ? "it was repeated" : "one was lost");
    if (sent_at && sent_at[number] > 0 && wait_count < wait_room)
        waits[wait_count++] = (float)(time - sent_at[number]);
    watcher->next++;
    tally.lines++;
    if (++having[number % HAVING] == watcher_count) {
        having[number % HAVING] = 0;
        everyone_has = number;
    }
}

static void count_lines(struct watcher *watcher, const char *at, const char *end)
{
    double time = sent_at ? now() : 0;
    const char *mark, *past;
    while ((mark = memchr(at, MARK[0], (size_t)(end - at)))) {
        unsigned number = read_mark(mark, end, &past);
        if (!past)
            break;
        if (number)
            count_line(watcher, number, time);
        at = past;
    }
    keep_cut(watcher, mark ? mark : end, end);
}

/* A WebSocket's server asks from time to time whether its watcher lives, by a frame of its own. */
static void answer_ping(int fd, char *frame)
{
    static char pong[2 + 4 + 125] = {(char)0x8a}; /* masked, as a client must, by zeros */
    int size = frame[1] & 0x7f;
    pong[1] = (char)(0x80 | size);
    memcpy(pong + 6, frame + 2, (size_t)size);
    if (write(fd, pong, (size_t)(6 + size)) < 0)
        fail(CUT, "the server closed a WebSocket");
}

void read_watcher(unsigned which)
{
    struct watcher *watcher = &watchers[which];
    memcpy(buffer, watcher->cut, watcher->cut_size);
    ssize_t got = read(watcher->fd, buffer + watcher->cut_size, READ_BYTES);
    if (got <= 0) {
        reopen(watcher, "it closed it", 12);
        return;
    }
    tally.bytes += got;
    tally.reads++;
    char *end = buffer + watcher->cut_size + got;
    if (watcher->begun && !watcher->cut_size && got < 2 + 126 && buffer[0] == (char)0x89)
        answer_ping(watcher->fd, buffer);
    else if (watcher->begun)
        count_lines(watcher, buffer, end);
    else
        begin(watcher, buffer, end);
}

void open_watchers(int port, int count, const char *request, size_t size, const char *ready)
{
    struct epoll_event events[OPENING];
    to_port = port, to_send = request, to_send_size = size, ready_word = ready;
    opening = count;
    watchers = realloc(watchers, (size_t)count * sizeof *watchers);
    if (!watchers || strlen(ready) > CUT_BYTES)
        fail(WRONG, "too many watchers, or too long a word to wait for");
    while (begun_count < count) {
        while (watcher_count < count && watcher_count - begun_count < OPENING)
            send_watcher(watcher_count++);
        int many = epoll_wait(watcher_poll, events, OPENING, LOST_SECONDS * 1000);
        if (many <= 0)
            fail(CUT, "only %d of %d watchers saw their stream begin", begun_count, count);
        for (int i = 0; i < many; i++)
            read_watcher(events[i].data.u32);
    }
    opening = 0;
}
