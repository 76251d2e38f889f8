/* Many watchers on one epoll, who count the lines that reach them.
 *
 * Every watcher must get every line once and in order: each running number must be the one after
 * the last, or the program ends with code 2. Bytes around the marks are not looked at, so counting
 * costs little beside the read() itself.
 */
#ifndef WATCHERS_H
#define WATCHERS_H

#include <stddef.h>

#define LOST 2  /* exit code: a line was lost or repeated */
#define CUT 3   /* exit code: the server refused, or closed a connection */
#define WRONG 4 /* exit code: the load itself was asked for something that it cannot do */

/* More lines than may be on their way at once: two of the largest requests. */
#define HAVING 2048

/* After this long a silence a line is lost; without it the load would wait for ever. */
#define LOST_SECONDS 30

struct tally {
    long long lines; /* by all watchers together */
    long long bytes;
    long long reads;
};

extern struct tally tally;
extern unsigned everyone_has; /* the last line that all watchers have */
extern int watcher_poll;  /* others may add descriptors, with data.u32 of OTHERS and above */
extern int watcher_count;

#define OTHERS 0x80000000u

/* The seconds from append to receipt, of all lines whose append is in `sent_at`. */
extern double *sent_at; /* by running number; NULL: times are not kept */
extern float *waits;
extern size_t wait_count, wait_room;

double now(void);

/* Where `port` of this machine is connected to, from one of several source addresses. */
int connect_to(int port, int which);

/* Open watchers until there are `count`, and wait until each has read `ready`. */
void open_watchers(int port, int count, const char *request, size_t size, const char *ready);

/* Take in what has come for a watcher. */
void read_watcher(unsigned which);

#endif
