/* The one who appends: a request at a time, with the lines' running numbers written into it.
 *
 * It shares a thread with the watchers, and must not wait behind their reads: whoever reads looks
 * here every few of them, as a producer in a process of its own would.
 */
#ifndef PRODUCER_H
#define PRODUCER_H

#include <stddef.h>

#define MAX_LINES 1024 /* a request */
#define ANSWER_BYTES 16384

struct producer {
    int port, fd, waits_for_answer;
    char *request, *slots[MAX_LINES];
    size_t size;
    int lines; /* a request */
    unsigned sent;
    char answer[ANSWER_BYTES];
    size_t answered;
};

extern struct producer producer;

/* Read the request from `file`; it goes to `port` of this machine. */
void make_producer(const char *file, int port);

/* The next lines. `due`: when they should have been appended, if times are kept. */
void send_request(double due);

/* Take in what there is of the answer, which may be nothing. */
void read_answer(void);

#endif
