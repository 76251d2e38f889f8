/* See producer.h. */
#define _GNU_SOURCE
#include "producer.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marks.h"
#include "watchers.h"

struct producer producer;

static void connect_producer(void)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = OTHERS};
    producer.fd = connect_to(producer.port, 0);
    epoll_ctl(watcher_poll, EPOLL_CTL_ADD, producer.fd, &wanted);
}

void make_producer(const char *file, int port)
{
    producer.port = port;
    producer.request = read_file(file, &producer.size);
    char *at = producer.request, *end = at + producer.size;
    while ((at = memmem(at, (size_t)(end - at), MARK, MARK_BYTES)) && producer.lines < MAX_LINES) {
        producer.slots[producer.lines++] = at + MARK_BYTES;
        at += NUMBERED;
    }
}

void send_request(double due)
{
    if (!producer.fd)
        connect_producer();
    for (int line = 0; line < producer.lines; line++) {
        write_number(producer.slots[line], ++producer.sent);
        if (sent_at)
            sent_at[producer.sent] = due;
    }
    if (write(producer.fd, producer.request, producer.size) != (ssize_t)producer.size)
        fail(CUT, "the server did not take a request of the producer");
    producer.waits_for_answer = 1;
    producer.answered = 0;
}

/* Whether the answer is whole: by its length, its last chunk, or because it has no body. */
static int is_whole(const char *answer, size_t size)
{
    const char *body = strstr(answer, "\r\n\r\n");
    if (!body)
        return 0;
    const char *length = strcasestr(answer, "content-length:");
    if (length && length < body)
        return answer + size - body - 4 >= atol(length + 15);
    return !strncmp(answer + 9, "204", 3) || !strcmp(answer + size - 5, "0\r\n\r\n");
}

void read_answer(void)
{
    if (!producer.fd)
        return;
    char *end = producer.answer + producer.answered;
    ssize_t got = recv(producer.fd, end, ANSWER_BYTES - 1 - producer.answered, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        fail(CUT, "the server closed the producer's connection");
    producer.answered += (size_t)got;
    producer.answer[producer.answered] = 0;
    if (!is_whole(producer.answer, producer.answered))
        return;
    if (strncmp(producer.answer, "HTTP/1.1 2", 10))
        fail(CUT, "the server answered the producer: %.300s", producer.answer);
    producer.waits_for_answer = 0;
    if (strcasestr(producer.answer, "connection: close")) {
        close(producer.fd); /* Pushpin takes one request a connection */
        producer.fd = 0;
    }
}
