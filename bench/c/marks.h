/* What a line of the load looks like from outside: a mark and its running number, nothing else of
 * it is ever looked at. Shared by the load, which counts them, and by the limit, which copies them.
 *
 * The mark's first character is nowhere else in what servers write. The end of a read may split a
 * mark, and so may HTTP: some servers begin a new chunk anywhere.
 */
#ifndef MARKS_H
#define MARKS_H

#include <stdio.h>
#include <stdlib.h>

#define MARK "~#"
#define MARK_BYTES 2
#define DIGITS 8 /* 99,999,999 lines a run: more than any machine delivers in its seconds */
#define NUMBERED (MARK_BYTES + DIGITS)

/* Says what is wrong on stderr, and ends the program with `code`. */
#define fail(code, ...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(code))

static inline void write_number(char *at, unsigned number)
{
    for (int i = DIGITS - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
}

/* The whole of a file, with a zero behind it; its size in *size. */
static inline char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(1 << 20); /* a request or a frame of the bench: some kilobytes */
    if (!file || !text)
        fail(4, "cannot read %s", path);
    *size = fread(text, 1, (1 << 20) - 1, file);
    text[*size] = 0;
    fclose(file);
    return text;
}

#endif
