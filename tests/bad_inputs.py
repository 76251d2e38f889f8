"""Bad input, as one numbered list: what is sent, what is answered, and which tests prove it.

The tests stand where their subject is; `tests/test_bad_inputs.py` keeps this list true: no number
is missing, and every test that is named is there.
"""

from __future__ import annotations

from typing import NamedTuple

REQUESTS = "tests/test_bad_requests.py::"
REFUSED = REQUESTS + "test_it_is_refused"
STRICT = "tests/test_strict_protocol.py::"
IN_TIME = STRICT + "TestDeadlines::"
CONTRACT = "tests/contract/protocol_"
INPUT = CONTRACT + "bad_input.py::TestBadInput::test_it_is_refused"
TABLES = CONTRACT + "bad_input.py::"
SENDING = CONTRACT + "append.py::TestAppending::"
LONG_LINES = CONTRACT + "append.py::TestLongLines::test_a_long_line_is_cut_between_characters"
RETRYING = CONTRACT + "append.py::TestRetrying::"
COMPRESSED = CONTRACT + "compression.py::TestCompressed::"
ENCODINGS = CONTRACT + "compression.py::TestEncodings::test_others_are_refused"
CONTENT = CONTRACT + "content.py::TestContent::"
AS_IT_WAS = CONTENT + "test_it_comes_back_as_it_was"
FRAMES = CONTRACT + "websocket_frames.py::TestFrames::"
DEAD = "tests/test_websocket_ends.py::TestDeadClients::"
HOSTILE = "tests/page/test_page_ansi_hostile.py::test_a_line_takes_linear_time"
XSS = "tests/page/test_page_xss.py::"
FULL_DISK = "tests/test_store_sqlite.py::test_a_full_disk_refuses_appends_and_takes_them_again"

ACCESS = "tests/test_access.py::"


class Row(NamedTuple):
    """`answer` is what is answered; where `differs` is given, it says why that is not what one
    might expect, or why the row does not apply. `proofs` are tests, by their names."""

    number: int
    given: str
    answer: str
    proofs: tuple[str, ...]
    differs: str = ""


FRAMING = (
    Row(1, "Content-Length and Transfer-Encoding", "400, close", (REFUSED,)),
    Row(2, "two Content-Lengths, the same or not", "400, close", (REFUSED,)),
    Row(3, "a Content-Length that is no plain number", "400, close", (REFUSED,)),
    Row(4, "a chunk that two readers could read as two", "400, close", (REFUSED,)),
    Row(5, "any Transfer-Encoding but chunked, in HTTP/1.1", "400, close", (REFUSED,)),
    Row(6, "no Host, or two", "400, close", (REFUSED,)),
    Row(7, "two Authorization headers", "400, close", (REFUSED,)),
    Row(8, "headers over 32 KiB, or more than 100", "431, close", (REFUSED,)),
    Row(9, "an address over 8 KiB", "414, close", (REFUSED,)),
    Row(10, "NUL, a folded header, space before its colon", "400, close", (REFUSED,)),
    Row(
        11,
        "a head a byte at a time",
        "408 after 10 s",
        (
            IN_TIME + "test_a_head_that_drips_is_cut_short",
            "tests/live/test_slow_clients.py::test_thousands_who_drip_disturb_nobody",
        ),
    ),
    Row(
        12,
        "the body of a batch stalls",
        "408 after 30 s; a stream may be silent, as long as its machine is there",
        (
            IN_TIME + "test_a_batch_that_stalls_is_refused",
            IN_TIME + "test_a_stream_may_be_silent",
            IN_TIME + "test_a_slow_batch_is_taken",
        ),
    ),
    Row(13, "100,000 chunks of a byte", "204", (REQUESTS + "test_100000_chunks_of_a_byte",)),
    Row(
        14,
        "the client goes away within a body",
        "that batch is absent, what was acknowledged stays",
        (
            REQUESTS + "test_a_batch_that_breaks_off_is_absent",
            TABLES + "TestBadInput::test_a_batch_that_breaks_off_is_not_stored",
            CONTRACT + "stream.py::TestStreaming::test_what_came_before_it_broke_off_stays",
        ),
    ),
    Row(
        15,
        "Expect: 100-continue, and a token that is none",
        "refused before the body",
        (
            REQUESTS + "test_an_expectation_is_met_before_the_body",
            ACCESS + "test_a_body_is_not_asked_for_in_vain",
        ),
    ),
    Row(
        16,
        "a TLS hello, or anything else that is no HTTP",
        "400, close; logged escaped",
        (REFUSED, STRICT + "test_what_was_no_http_is_logged_escaped"),
    ),
    Row(17, "a method that an address does not have", "405 and Allow", (REFUSED, INPUT)),
    Row(
        18,
        "a thousand requests at once",
        "answered in order; a few at a time are held",
        (STRICT + "test_a_thousand_requests_at_once_are_answered_in_order",),
    ),
    Row(
        19,
        "X-Forwarded-For from a stranger",
        "ignored",
        (REQUESTS + "test_who_forwards_must_be_trusted",),
    ),
    Row(20, "10,000 ranges", "ignored, or 431 over 32 KiB", (REQUESTS + "test_10000_ranges",)),
)

TYPES = (
    Row(
        21,
        "a form's type",
        "text; 415 where JSON is wanted",
        (INPUT, SENDING + "test_text_of_any_type_is_lines"),
    ),
    Row(22, "XML", "415, with the types that are taken", (INPUT,)),
    Row(23, "charset=utf-16", "415", (INPUT,)),
    Row(
        24,
        "a bomb",
        "413 at 20 MiB unpacked; br is 415",
        (
            COMPRESSED + "test_a_bomb_is_refused",
            "tests/live/test_memory.py::test_a_bomb",
            ENCODINGS,
        ),
    ),
    Row(25, "gzip twice, or an unknown coding", "415", (ENCODINGS,)),
    Row(
        26,
        "cut off or corrupt",
        "400, nothing stored",
        (COMPRESSED + "test_a_damaged_one_is_refused",),
    ),
    Row(
        27,
        "several members; junk behind them",
        "taken; 400",
        (
            COMPRESSED + "test_several_members_are_one_body",
            COMPRESSED + "test_a_damaged_one_is_refused",
        ),
    ),
    Row(
        28,
        "too large",
        "413",
        (CONTRACT + "compression.py::TestSizes::test_a_batch_may_have_20_mib",),
    ),
    Row(29, "nothing", "204, no line", (SENDING + "test_little_is_enough",)),
)

JSON = (
    Row(30, "malformed", "400, with the byte where it breaks", (INPUT,)),
    Row(31, "line 57 of 100", "400 that names line 57, none stored", (INPUT,)),
    Row(32, "no last newline", "taken", (SENDING + "test_json_comes_in_an_array_or_in_lines",)),
    Row(33, "blank lines", "skipped", (SENDING + "test_json_comes_in_an_array_or_in_lines",)),
    Row(
        34,
        "a key twice",
        "the last one counts",
        (TABLES + "TestTaken::test_of_two_keys_the_last_counts",),
        "JSON allows it (RFC 8259, section 4) and every browser reads it so; to look for it would "
        "cost each append a second parser. In a generic log both are kept, digit for digit.",
    ),
    Row(35, "100,000 brackets", "400", (INPUT, TABLES + "TestBadInput::test_no_depth_is_too_deep")),
    Row(
        36,
        "NaN, Infinity, 1e400",
        "400; a number no program can hold is taken in a field that is ignored",
        (INPUT, TABLES + "TestTaken::test_numbers_that_nobody_reads"),
    ),
    Row(37, "a number of 5,000 digits", "400", (INPUT,)),
    Row(38, "a text that is none", "422", (INPUT,)),
    Row(
        39,
        "unknown fields, __proto__",
        "ignored",
        (SENDING + "test_json_records_carry_what_they_say",),
    ),
    Row(
        40,
        "half a surrogate pair",
        "U+FFFD",
        (SENDING + "test_text_in_json_is_mended_not_refused",),
    ),
    Row(41, "\\u0000", "stored", (SENDING + "test_text_in_json_is_mended_not_refused",)),
)

LINES = (
    Row(42, "no UTF-8", "U+FFFD", (CONTENT + "test_what_is_not_utf_8_is_replaced",)),
    Row(
        43,
        "a character in two chunks",
        "whole",
        (CONTRACT + "stream.py::TestStreaming::test_a_character_may_come_in_pieces",),
    ),
    Row(
        44,
        "a byte order mark",
        "kept in text, ignored before JSON",
        (AS_IT_WAS, SENDING + "test_json_comes_in_an_array_or_in_lines"),
    ),
    Row(
        45,
        "10,000 carriage returns",
        "one line, which shows its last state",
        (AS_IT_WAS, "tests/page/test_page_recorded.py::test_progress_bars_show_their_last_state"),
    ),
    Row(
        46,
        "CRLF, CR CR LF",
        "one CR goes with the newline",
        (SENDING + "test_only_one_return_goes_with_the_newline",),
    ),
    Row(
        47,
        "U+2028, VT, FF, 0x1C",
        "never ends a line",
        (AS_IT_WAS, CONTENT + "test_every_character_of_the_first_plane_goes_through"),
    ),
    Row(
        48,
        "a line of 100 MB",
        "parts of 64 KiB, flat memory",
        ("tests/live/test_memory.py::test_a_line_of_100_mb", LONG_LINES),
    ),
    Row(
        49, "a million empty lines", "a million numbers", (CONTENT + "test_a_million_empty_lines",)
    ),
    Row(
        50,
        "a soup of escape sequences",
        "linear time, nothing but colours",
        (HOSTILE, "tests/test_cli_escapes.py::test_it_takes_linear_time"),
    ),
    Row(
        51,
        "the clipboard, a title, a question to the terminal",
        "inert",
        (
            "tests/test_cli_escapes.py::test_nothing_but_colours_passes",
            "tests/page/test_page_ansi.py::test_sequences_leave_no_trace",
        ),
    ),
    Row(
        52, "markup", "text", (AS_IT_WAS, XSS + "test_deployment", XSS + "test_raw_text_is_no_page")
    ),
    Row(
        53,
        "other directions, no width",
        "shown, isolated",
        (AS_IT_WAS, "tests/page/test_page_rendering.py::test_directions_do_not_leak"),
    ),
    Row(54, "10,000 combining marks", "linear time", (AS_IT_WAS, HOSTILE)),
    Row(
        55,
        "an event or a record of ours, as text",
        "data",
        (
            CONTRACT + "follow.py::TestFraming::test_what_a_line_holds_cannot_forge_an_event",
            AS_IT_WAS,
        ),
    ),
    Row(
        56,
        "a secret over two batches",
        "masked",
        ("tests/test_cli_masks.py::test_a_secret_that_is_cut_everywhere",),
    ),
)

PLACES = (
    Row(57, "../, NUL, 10 KiB for an id", "404; 414 over 8 KiB", (INPUT, REFUSED)),
    Row(
        58,
        "*, >, a space for an id",
        "404",
        (INPUT,),
        "No deployment is called so, as with any other id.",
    ),
    Row(
        59,
        "somebody else's id",
        "as an unknown one",
        ("tests/test_access_matrix.py::test_what_is_foreign_answers_as_what_is_not_there",),
    ),
    Row(
        60,
        "an offset that is none",
        "400",
        (INPUT, "tests/test_records.py::test_a_malformed_offset_is_refused"),
    ),
    Row(
        61,
        "beyond the tail",
        "416 with the tail",
        (INPUT, CONTRACT + "read.py::TestClosed::test_an_offset_beyond_the_tail_names_the_tail"),
    ),
    Row(62, "an offset of another log, or of another epoch", "409", (INPUT,)),
    Row(
        63,
        "an offset and a Last-Event-ID",
        "the header counts",
        (CONTRACT + "follow.py::TestFollowing::test_ids_resume_exactly",),
    ),
    Row(64, "a Last-Event-ID that is junk", "400", (INPUT,)),
    Row(
        65,
        "before what is kept",
        "410 with the earliest",
        (
            "tests/test_trimmed_reading.py::test_what_was_trimmed_at_the_start_is_refused_by_its_offset",
        ),
    ),
    Row(
        66,
        "limit 0, -1; 10^9",
        "400; clamped",
        (INPUT, CONTRACT + "deployments.py::TestListing::test_a_large_limit_is_clamped"),
    ),
    Row(
        67,
        "times: 9999, 1970; Feb 30, :60, no zone",
        "kept; 422",
        (INPUT, TABLES + "TestTaken::test_times_of_any_age"),
    ),
    Row(
        68,
        "the server's clock jumps",
        "numbers and timers go on",
        ("tests/live/test_time.py::test_a_clock_that_jumps_changes_no_order_and_ends_nothing",),
    ),
)

RETRIES = (
    Row(
        69,
        "an append again",
        "204 without a line more",
        (RETRYING + "test_a_repeat_is_no_duplicate",),
        "Durable Streams: 200 the first time, 204 again.",
    ),
    Row(
        70,
        "its number with other bytes",
        "204: the number is stored already",
        (RETRYING + "test_a_repeat_is_no_duplicate",),
        "Durable Streams knows an append by producer, epoch and sequence, not by its bytes.",
    ),
    Row(71, "a gap", "409 with the expected number", (RETRYING + "test_a_gap_is_refused",)),
    Row(
        72,
        "an append after the end",
        "409",
        (CONTRACT + "stream.py::TestStreamRefused::test_a_closed_log_answers_at_once",),
    ),
    Row(
        73,
        "two producers of one name",
        "403 for the older one",
        (RETRYING + "test_a_newer_epoch_shuts_older_ones_out",),
        "Durable Streams answers 403, not 409.",
    ),
    Row(
        74,
        "a log that is deleted while it is followed",
        "`gone`, and the end",
        (
            CONTRACT + "deployments.py::TestDeleting::test_a_follower_is_told",
            CONTRACT + "websocket.py::TestMessages::test_a_deleted_log_is_gone",
        ),
    ),
)

OTHERS = (
    Row(
        75,
        "a WebSocket from another site",
        "403",
        (CONTRACT + "websocket.py::TestOpening::test_pages_of_other_sites_are_refused",),
    ),
    Row(
        76,
        "frames: huge, unmasked, compressed, no UTF-8",
        "1009, 1002, 1007",
        (FRAMES + "test_what_breaks_the_rules_ends_the_socket",),
    ),
    Row(
        77,
        "a client that never reads",
        "little is held, and it is cut off",
        (DEAD + "test_one_who_never_reads_is_cut_off", DEAD + "test_a_flood_of_pings_is_not_held"),
    ),
    Row(
        78,
        "10,000 connections a second",
        "429 or 503 with Retry-After; who is there stays",
        (
            "tests/test_door.py::test_one_too_many_from_one_address_is_told_so",
            "tests/live/test_slow_clients.py::test_without_descriptors_who_is_there_stays",
        ),
    ),
    Row(
        79,
        "a token that is none, in any spelling",
        "401",
        (ACCESS + "test_what_is_no_token_lets_nobody_in",),
    ),
    Row(80, "a token in the address", "401", (ACCESS + "test_what_lets_nobody_in",)),
    Row(81, "(a+)+$", "found in linear time", (REQUESTS + "test_a_pattern_that_hangs_others",)),
    Row(
        82,
        "the disk is full",
        "507 with Retry-After, reading goes on",
        (
            FULL_DISK,
            "tests/test_cli_http_protocol.py::test_a_store_that_fails_is_told_of_as_it_is_to_anybody",
        ),
    ),
)

ROWS = (*FRAMING, *TYPES, *JSON, *LINES, *PLACES, *RETRIES, *OTHERS)

__all__ = ["ROWS", "Row"]
