/* The load: many watchers of one log and one producer, in one thread. Its figures are JSON.
 *
 *     load port=P watchers=N watch=FILE ready=WORD
 *          post=FILE publish=P seconds=S warm=S rate=LINES pids=PID,PID   (to deliver)
 *          hold=N,N                                                       (only to be there)
 *
 * The producer's next request goes out when the last is answered; with `rate` so many a second,
 * and then the time of each line at each watcher is kept, from when it was due to be appended.
 * Watchers may be no further behind than BEHIND requests, so a server that answers early cannot
 * gather many lines into one write, or heap them up: a delivery is a delivery, for every server.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "marks.h"
#include "producer.h"
#include "watchers.h"

#define BEHIND 2 /* requests: one on its way to the watchers, and one to the disk meanwhile */
#define EVENTS 1024
#define MAX_PIDS 64
#define READS 32 /* of watchers, before it is looked whether the producer has its answer */
#define GRACE_MS 50 /* after the last line: a repeated one is on its way by then */

static struct {
    int port, publish, watchers;
    double seconds, warm, rate;
    const char *watch, *post, *ready, *pids, *hold;
} options;

static double going_until;

static int pids[MAX_PIDS], pid_count;

/* Processor time of the servers' processes, all their threads: the kernel's clock of each. */
static double server_seconds(void)
{
    double sum = 0;
    for (int i = 0; i < pid_count; i++) {
        struct timespec time = {0};
        clock_gettime((clockid_t)((~(unsigned)pids[i] << 3) | 2), &time);
        sum += (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
    }
    return sum;
}

static double own_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* The next request, if it is time for it and the watchers are not too far behind. */
static void go_on(void)
{
    unsigned most = (unsigned)((BEHIND - 1) * producer.lines);
    if (!producer.waits_for_answer && everyone_has + most >= producer.sent && now() < going_until)
        send_request(0);
}

/* One wait for whatever comes, and all of it taken in. Returns 0 when the wait was in vain. */
static int take_in(int wait_ms)
{
    static struct epoll_event events[EVENTS];
    int many = epoll_wait(watcher_poll, events, EVENTS, wait_ms);
    for (int i = 0; i < many; i++) {
        uint64_t rings;
        if (i % READS == 0 && producer.waits_for_answer) {
            read_answer();
            go_on();
        }
        if (events[i].data.u32 < OTHERS)
            read_watcher(events[i].data.u32);
        else if (events[i].data.u32 == OTHERS)
            read_answer();
        else if (read((int)(events[i].data.u32 - OTHERS), &rings, sizeof rings) < 0)
            fail(WRONG, "the clock cannot be read");
    }
    return many > 0;
}

static void take_in_or_fail(void)
{
    if (!take_in(LOST_SECONDS * 1000))
        fail(LOST, "a line was lost: %lld of %lld have come", tally.lines,
             (long long)producer.sent * watcher_count);
}

static void take_in_the_rest(void)
{
    while (producer.waits_for_answer || everyone_has < producer.sent)
        take_in_or_fail();
}

/* Each request when the last one is answered, for so long. */
static void deliver_at_once(double seconds)
{
    for (going_until = now() + seconds; now() < going_until;) {
        go_on();
        take_in_or_fail();
    }
    going_until = 0;
    take_in_the_rest();
}

/* So many a second. A request that is due before the last one is answered waits, and its time
 * counts from when it was due: a server that is slow once is not asked less for it. */
static void deliver_paced(int clock, double rate, double seconds)
{
    double due = now();
    for (int left = (int)(rate * seconds); left;) {
        if (now() >= due && !producer.waits_for_answer) {
            send_request(now() - due > 0.5 / rate ? due : now());
            due += 1 / rate;
            left--;
            struct itimerspec next = {.it_value = {(time_t)due, (long)(fmod(due, 1) * 1e9)}};
            timerfd_settime(clock, TFD_TIMER_ABSTIME, &next, NULL);
        }
        take_in_or_fail();
    }
    take_in_the_rest();
}

static int make_clock(void)
{
    int clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = OTHERS + (unsigned)clock};
    epoll_ctl(watcher_poll, EPOLL_CTL_ADD, clock, &wanted);
    wait_room = (size_t)(options.rate * options.seconds + 1) * (size_t)watcher_count;
    waits = malloc(wait_room * sizeof *waits);
    return clock;
}

static int by_size(const void *one, const void *other)
{
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static void print_waits(void)
{
    qsort(waits, wait_count, sizeof *waits, by_size);
    for (int i = 0; i < 3; i++) {
        size_t percent = (size_t[]){50, 95, 99}[i];
        printf(", \"p%zu\": %.9f", percent, (double)waits[wait_count * percent / 100]);
    }
}

static void deliver(void)
{
    int clock = options.rate ? make_clock() : 0;
    deliver_at_once(options.warm);
    if (options.rate)
        sent_at = calloc(producer.sent + wait_room + 2, sizeof *sent_at);
    struct tally before = tally;
    unsigned first = producer.sent;
    double seconds = now(), server = server_seconds(), own = own_seconds();
    if (options.rate)
        deliver_paced(clock, options.rate, options.seconds);
    else
        deliver_at_once(options.seconds);
    seconds = now() - seconds;
    printf("{\"seconds\": %.6f, \"lines\": %u, \"deliveries\": %lld", seconds,
           producer.sent - first, tally.lines - before.lines);
    printf(", \"bytes\": %lld, \"reads\": %lld", tally.bytes - before.bytes,
           tally.reads - before.reads);
    printf(", \"server_cpu\": %.6f, \"load_cpu\": %.6f", server_seconds() - server,
           own_seconds() - own);
    if (options.rate)
        print_waits();
    puts("}");
    while (take_in(GRACE_MS)) /* a repeated line ends the program with its code */
        ;
}

/* Open so many watchers, say so, wait for a line on stdin, open more: somebody else weighs them. */
static void hold(const char *request, size_t size)
{
    char *rest = strdup(options.hold), line[16];
    for (char *count; (count = strsep(&rest, ","));) {
        open_watchers(options.port, atoi(count), request, size, options.ready);
        printf("%d\n", watcher_count);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return;
    }
}

static void read_options(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value)
            fail(WRONG, "not name=value: %s", words[i]);
        *value++ = 0;
        const char *name = words[i];
        if (!strcmp(name, "port")) options.port = atoi(value);
        else if (!strcmp(name, "publish")) options.publish = atoi(value);
        else if (!strcmp(name, "watchers")) options.watchers = atoi(value);
        else if (!strcmp(name, "watch")) options.watch = value;
        else if (!strcmp(name, "ready")) options.ready = value;
        else if (!strcmp(name, "post")) options.post = value;
        else if (!strcmp(name, "seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "warm")) options.warm = atof(value);
        else if (!strcmp(name, "rate")) options.rate = atof(value);
        else if (!strcmp(name, "pids")) options.pids = value;
        else if (!strcmp(name, "hold")) options.hold = value;
        else fail(WRONG, "no option %s", name);
    }
}

static void read_pids(void)
{
    char *list = strdup(options.pids);
    for (char *pid; pid_count < MAX_PIDS && (pid = strsep(&list, ","));)
        pids[pid_count++] = atoi(pid);
}

int main(int count, char **words)
{
    size_t size;
    read_options(count, words);
    char *request = read_file(options.watch, &size);
    watcher_poll = epoll_create1(0);
    if (options.hold) {
        hold(request, size);
        return 0;
    }
    open_watchers(options.port, options.watchers, request, size, options.ready);
    make_producer(options.post, options.publish);
    read_pids();
    deliver();
    return 0;
}
