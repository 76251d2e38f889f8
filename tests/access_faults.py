"""Faults that the tests of who may do what must catch, as rows of `Fault`.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

MATRIX = "tests/test_access_matrix.py"
ENDS = "tests/test_access_ends.py"
ACCESS = "tests/test_access.py"
COOKIES = "tests/test_access_cookies.py"
HELD = "tests/test_access_registry.py"
NEEDS = "http/needs.py"
GATE = "http/gate.py"
REGISTRY = "access/registry.py"

ROWS = (
    (
        "a log of another project may be known of",
        NEEDS,
        "    if caller.knows(log, project):\n",
        "    if project:\n",
        MATRIX,
    ),
    (
        "every project is everybody's",
        "access/callers.py",
        "return projects is None or project in projects",
        "return projects is None or bool(projects)",
        MATRIX,
    ),
    (
        "to write is to read",
        "access/callers.py",
        '"write": ("write",),',
        '"write": ("write", "read"),',
        MATRIX,
    ),
    (
        "an expired token lets in",
        "access/credentials.py",
        "self.expires_us is not None and now_us >= self.expires_us",
        "False and self.expires_us is not None and now_us >= self.expires_us",
        f"{HELD}::test_a_token_is_over_to_the_microsecond",
    ),
    (
        "sockets have no gate",
        "http/websocket.py",
        "            await self._admit(scope)\n",
        "",
        MATRIX,
    ),
    (
        "a share link opens every log",
        "access/callers.py",
        'return log == self.log or self.may("read", project)',
        'return self.log is not None or self.may("read", project)',
        MATRIX,
    ),
    (
        "a list has everything",
        "http/deployments.py",
        'projects = caller_of(request.scope).projects("read")',
        "projects = None",
        MATRIX,
    ),
    (
        "who lists by project may name any",
        "deployments/deployments.py",
        '            if labels.get("project", project) == project\n',
        "",
        MATRIX,
    ),
    (
        "deployments are created in every project",
        "http/deployments.py",
        'if not caller.may("write", new.project):',
        'if not caller.may_somewhere("write"):',
        MATRIX,
    ),
    (
        "a stream outlives its token",
        "http/live_outlets.py",
        "            self._follower.stop()\n        else:",
        "            pass\n        else:",
        f"{ENDS}::test_a_body_that_goes_on_ends",
    ),
    (
        "a parked request is not told",
        "http/watchers.py",
        "[*self._all, *self._parked]",
        "list(self._all)",
        f"{ENDS}::test_a_poll_that_waits_is_refused",
    ),
    (
        "one token's end is everybody's",
        "http/watchers.py",
        "            if one.caller is caller:\n",
        "            if one.caller is not None:\n",
        f"{ENDS}::test_others_go_on",
    ),
    (
        "a connection is let in for good",
        "http/repeated_append.py",
        "        if not self._caller.valid:\n"
        "            return False  # it is refused like a stranger's\n",
        "",
        f"{ENDS}::test_an_append_that_repeats_the_last_is_refused",
    ),
    (
        "a body without end goes on",
        "http/text_stream.py",
        "        if not self._caller.valid:\n",
        "        if self._caller is None:\n",
        f"{ENDS}::test_a_body_that_is_still_being_sent_is_refused",
    ),
    (
        "times run out only when asked",
        REGISTRY,
        "while self._due and self._due[0][0] <= now_us:",
        "while self._due and self._due[0][0] <= 0 * now_us:",
        f"{ENDS}::test_a_poll_that_waits_is_refused",
    ),
    (
        "another server's revocation is not heard",
        REGISTRY,
        "        if state is not None and not state.deleted:\n",
        "        if state is None or not state.deleted:\n",
        f"{HELD}::test_what_another_server_revokes_ends_here",
    ),
    (
        "each use is a write",
        REGISTRY,
        "now_us - held.used_us >= USE_NOTED_US",
        "now_us >= held.used_us",
        f"{HELD}::test_a_use_is_noted_once_a_minute",
    ),
    (
        "a session outlives its token",
        REGISTRY,
        "for one in (held, *self._begun_with(held.credential)):",
        "for one in (held,):",
        f"{COOKIES}::test_a_session_ends_with_its_token",
    ),
    (
        "a token in the address is taken for none",
        "http/callers.py",
        'if _IN_ADDRESS.search(scope["query_string"]):',
        "if not _IN_ADDRESS:",
        f"{ACCESS}::test_what_lets_nobody_in",
    ),
    (
        "a cookie lets other sites change things",
        GATE,
        "    if not is_own or is_form or is_foreign(headers, own):\n",
        "    if not headers:\n",
        f"{COOKIES}::test_a_cookie_changes_things_for_its_own_page_only",
    ),
    (
        "a form of another site is this site's own",
        GATE,
        "    if not is_own or is_form or is_foreign(headers, own):\n",
        "    if not is_own or is_foreign(headers, own):\n",
        f"{COOKIES}::test_a_cookie_changes_things_for_its_own_page_only",
    ),
    (
        "a socket takes the cookies of an allowed site",
        GATE,
        '    if scope["type"] == "websocket":\n        if is_foreign(headers, own):',
        '    if scope["type"] == "websocket":\n        if is_foreign(headers, context.origins):',
        f"{COOKIES}::test_an_allowed_site_opens_no_socket_with_cookies",
    ),
    (
        "an open server obeys every page",
        GATE,
        "if _changes(scope) and is_foreign(headers_of(scope), self._context.origins.own_only):",
        "if scope is None:",
        f"{COOKIES}::test_an_open_server_obeys_no_other_page",
    ),
    (
        "a page whose name leads to this machine is let in",
        GATE,
        'if hosts is not None and not hosts.are_called(scope["headers"]):',
        "if hosts is not None and not scope:",
        f"{COOKIES}::test_an_open_server_answers_to_its_machines_names_only",
    ),
    (
        "a name that begins like this machine's is its own",
        "http/hosts.py",
        "all(self._names.fullmatch(one) for one in said)",
        "all(self._names.match(one) for one in said)",
        f"{COOKIES}::test_an_open_server_answers_to_its_machines_names_only",
    ),
    (
        "who calls a page by a foreign name is asked to sign in",
        "http/app.py",
        "if need is PAGE and not is_foreign:",
        "if need is PAGE:",
        f"{COOKIES}::test_an_open_server_answers_to_its_machines_names_only",
    ),
    (
        "the site's own address is a foreign name",
        "cli/serve_access.py",
        "return Hosts(self.public_url)",
        "return Hosts()",
        f"{ACCESS}::test_where_names_are_looked_at",
    ),
    (
        "an open network's server must know its names",
        "cli/serve_access.py",
        "if self.needs_tokens(address) or not _is_local(address):",
        "if self.needs_tokens(address):",
        f"{ACCESS}::test_where_names_are_looked_at",
    ),
    (
        "a message subscribes to everything",
        "http/socket_requests.py",
        '        await examine_log(context, caller, "read", log)\n',
        "",
        f"{ACCESS}::test_a_message_is_examined_for_the_log_it_names",
    ),
    (
        "a retry copies another project's lines",
        "http/deployments.py",
        'if project != new.project and not caller.may("read", project):',
        "if not project:",
        f"{ACCESS}::test_a_copy_is_a_reading",
    ),
    (
        "a copy is a way to rewrite another project's log",
        "http/redactions.py",
        'if not all(caller.may("admin", one.project) for one in changed):',
        "if not changed:",
        f"{ACCESS}::test_a_copy_is_no_way_to_rewrite_what_it_was_made_from",
    ),
    (
        "the audit log names only the deployment that was asked for",
        "http/redactions.py",
        "deployments=sorted(one.id for one in changed),",
        "deployments=[deployment],",
        f"{ACCESS}::test_a_copy_is_no_way_to_rewrite_what_it_was_made_from",
    ),
    (
        "a fork copies another project's records",
        "http/streams.py",
        'if project != project_of(log) and not caller.may("read", project):',
        "if not project:",
        f"{ACCESS}::test_a_copy_is_a_reading",
    ),
    (
        "a refused body is asked for",
        "http/refusal.py",
        'None if "expect" in headers else declared',
        "declared",
        f"{ACCESS}::test_a_body_is_not_asked_for_in_vain",
    ),
    (
        "the secret itself is stored",
        REGISTRY,
        "            digest=digest_of(secret),\n            name=name,",
        '            digest=digest_of(secret),\n            name=f"{name} {secret}",',
        f"{ACCESS}::test_no_secret_is_written_anywhere",
    ),
    (
        "every start makes a token",
        "access/first_token.py",
        'if any(_may_everything(registry, one.id) for one in registry.listed("token")):',
        "if registry is None:",
        f"{ACCESS}::test_the_first_token_is_told_once",
    ),
    (
        "a proxy's server is open",
        "cli/serve_access.py",
        "is_private = _is_local(address) and self.public_url is None",
        "is_private = _is_local(address)",
        f"{ACCESS}::test_who_must_show_a_token",
    ),
    (
        "every address is private",
        "cli/serve_access.py",
        'return ipaddress.ip_address(address.partition("%")[0]).is_loopback',
        'return ipaddress.ip_address(address.partition("%")[0]).version > 0',
        f"{ACCESS}::test_who_must_show_a_token",
    ),
    (
        "an allowed page may write to an open server",
        "http/gate.py",
        "self._context.origins.own_only",
        "self._context.origins",
        f"{COOKIES}::test_an_open_server_lets_an_allowed_page_only_read",
    ),
    (
        "a backup goes on for whoever may no more",
        "http/backup.py",
        "while_let_in(self._context.watchers, by, receive, _send_all(copy, send))",
        "_send_all(copy, send)",
        f"{ENDS}::test_a_backup_breaks_off",
    ),
)

__all__ = ["ROWS"]
