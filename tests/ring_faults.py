"""Faults in how a crowd is told by one call of the kernel, as rows of `Fault`."""

from __future__ import annotations

RING = "tests/test_send_ring.py"
DESCRIPTORS = "tests/test_descriptors.py"
CROWD = "tests/test_crowd.py"
SOCKETS = "tests/test_crowd_sockets.py"
PROPERTIES = "tests/test_crowd_sockets_properties.py"
SERVED = "tests/live/test_crowd_served.py"
TO_RING = "http/send_ring.py"
TO_DESCRIPTOR = "http/descriptors.py"
IN_CROWD = "http/crowd.py"
IN_ROUNDS = "http/rounds.py"

ROWS = (
    (
        "a short send is not reported",
        TO_RING,
        "        return [(index, taken) for index, taken in everyone if taken < length]",
        "        return []",
        f"{RING} {SOCKETS} {PROPERTIES} {SERVED}",
    ),
    (
        "a short send is reported as another's",
        TO_RING,
        "short += [(begin + at, took)",
        "short += [(at, took)",
        RING,
    ),
    (
        "an error counts as bytes taken",
        TO_RING,
        "max(took.get(first + index, 0), 0)",
        "took.get(first + index, 0)",
        RING,
    ),
    (
        "sends go beyond the table's end",
        TO_RING,
        "room = ENTRIES - self._counters[self._sq_tail] % ENTRIES",
        "room = ENTRIES",
        RING,
    ),
    (
        "a result is taken again and again",
        TO_RING,
        "        self._counters[self._cq_head] = tail\n",
        "",
        RING,
    ),
    (
        "what the kernel refused is sent the next time",
        TO_RING,
        "        self._counters[self._sq_tail] = self._counters[self._sq_head]\n",
        "",
        RING,
    ),
    (
        "a send waits for room",
        TO_RING,
        "socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL",
        "socket.MSG_NOSIGNAL",
        RING,
    ),
    (
        "a ring that has gone keeps its descriptor",
        TO_RING,
        "        finalize(self, os.close, self._descriptor)\n",
        "",
        RING,
    ),
    (
        "a kernel that does not send is believed",
        TO_RING,
        "        self._try()\n",
        "",
        RING,
    ),
    (
        "a refusal of io_uring is an error",
        TO_RING,
        "    except OSError as error:",
        "    except MemoryError as error:",
        f"{RING} {SERVED}",
    ),
    (
        "a transport keeps some back and says nothing",
        TO_DESCRIPTOR,
        "    transport.set_write_buffer_limits(high=0)\n",
        "",
        f"{DESCRIPTORS} {PROPERTIES}",
    ),
    (
        "what is to be encrypted goes past TLS",
        TO_DESCRIPTOR,
        ' or transport.get_extra_info("sslcontext") is not None',
        "",
        f"{DESCRIPTORS} {SOCKETS}",
    ),
    (
        "a transport with TLS pauses although nothing waits",
        TO_DESCRIPTOR,
        '    connection = transport.get_extra_info("socket")\n',
        """    transport.set_write_buffer_limits(high=0)
    connection = transport.get_extra_info("socket")
""",
        f"{DESCRIPTORS} {SOCKETS}",
    ),
    (
        "the rest of a short send is not written",
        IN_ROUNDS,
        "            self._writes[part.start + index](data[taken:])",
        "            pass",
        f"{SOCKETS} {PROPERTIES} {SERVED}",
    ),
    (
        "a short send is written whole again",
        IN_ROUNDS,
        "(data[taken:])",
        "(data)",
        f"{SOCKETS} {PROPERTIES} {SERVED}",
    ),
    (
        "the rest of a short send goes to another",
        IN_ROUNDS,
        "self._writes[part.start + index]",
        "self._writes[index]",
        PROPERTIES,
    ),
    (
        "who is late is written to past the transport",
        IN_ROUNDS,
        "apart = self._left | self.late",
        "apart = self._left",
        SOCKETS,
    ),
    (
        "who left in a round is sent it by the kernel",
        IN_ROUNDS,
        "apart = self._left | self.late",
        "apart = self.late",
        f"{CROWD} {SOCKETS}",
    ),
    (
        "who left in a round is written to",
        IN_ROUNDS,
        "            if follower not in left:",
        "            if True:",
        CROWD,
    ),
    (
        "who was late before a round is not late in it",
        IN_CROWD,
        "        late = self._round.late if self._round is not None else set()",
        "        late = set()",
        CROWD,
    ),
    (
        "who comes to a crowd is not among those who are told",
        IN_CROWD,
        "        self._audience = None\n        return True",
        "        return True",
        f"{CROWD} {SOCKETS}",
    ),
    (
        "who has arrived is not among those who are told",
        IN_CROWD,
        "                self._audience = None\n                follower.joined()",
        "                follower.joined()",
        SOCKETS,
    ),
    (
        "who has left a crowd is among those who are told",
        IN_CROWD,
        "        outlet = self._members.pop(follower, None)\n        self._audience = None\n",
        "        outlet = self._members.pop(follower, None)\n",
        f"{CROWD} {SOCKETS}",
    ),
    (
        "a crowd is told one by one although the kernel would",
        IN_ROUNDS,
        "ring if len(members) > FEW else None",
        "None",
        SOCKETS,
    ),
    (
        "a stream goes on after its client has closed its side",
        "http/live_outlets.py",
        "left out.\n        self._follower.leave()",
        "left out.\n        pass",
        SOCKETS,
    ),
    (
        "a socket goes on after its client has closed its side",
        "http/socket_connection.py",
        "        self._leave()  # the transport closes now",
        "        pass  # the transport closes now",
        SOCKETS,
    ),
)

__all__ = ["ROWS"]
