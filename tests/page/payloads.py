"""What somebody writes into a log to run a program in the browser of whoever reads it.

Every payload that runs sets `ran` on the page's global object or opens a dialog; every one that
makes an element makes one that the page has nowhere else, or gives one an attribute that none has.
"""

from __future__ import annotations

SCRIPTS = (
    "<script>ran=1</script>",
    "<ScRiPt>ran=1</sCrIpT>",
    "</script><script>ran=1</script>",
    "</title></textarea></style><script>ran=1</script>",
    "<!--<script>ran=1--></script><script>ran=1</script>-->",
    "<scr<script>ipt>ran=1</scr</script>ipt>",
    "<script src=data:text/javascript,ran=1></script>",
    "<script type=module>ran=1</script>",
    "]]><script>ran=1</script>",
    "'-alert(1)-'",
    '";alert(1);//',
    "\\u003cscript\\u003eran=1\\u003c/script\\u003e",
    "&lt;script&gt;ran=1&lt;/script&gt;",
)

HANDLERS = (
    "<img src=x onerror=ran=1>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='ran=1' x='",
    '" autofocus onfocus="ran=1',
    "<svg onload=ran=1>",
    "<svg><script>ran=1</script></svg>",
    "<svg><animate onbegin=ran=1 attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror=ran=1>",
    "<details open ontoggle=ran=1>",
    "<video><source onerror=ran=1></video>",
    "<body onload=ran=1>",
    "<input autofocus onfocus=ran=1>",
    "<marquee onstart=ran=1>",
    "<template><img src=x onerror=ran=1></template>",
)

MARKUP = (
    "<meta http-equiv=refresh content='0;url=data:text/html,<script>ran=1</script>'>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "<iframe src=javascript:parent.ran=1></iframe>",
    "<object data=data:text/html,x></object><embed src=x>",
    "<base href=https://elsewhere.example/>",
    "<link rel=stylesheet href=//elsewhere.example/a.css>",
    "<style>*{display:none}</style>",
    "<form action=https://elsewhere.example><button>send</button></form>",
    "<deploy-log src=//elsewhere.example></deploy-log>",
    "<a href=javascript:ran=1 id=title>x</a>",
    "<plaintext><xmp><noscript><textarea>",
)

TEMPLATES = (
    "{{constructor.constructor('ran=1')()}}",
    "${ran=1}",
    "<%= ran=1 %>",
    "#{ran=1}",
    "{{version}} {{edition}}",
    "[link](javascript:ran=1)",
    "![image](x onerror=ran=1)",
    "<javascript:ran=1>",
    "__proto__",
    "constructor",
)

ADDRESSES = (
    "javascript:ran=1",
    "JaVaScRiPt:ran=1",
    "java\tscript:ran=1",
    "\x01javascript:ran=1",
    "javascript://example.com/%0aran=1",
    "data:text/html,<script>ran=1</script>",
    "data:text/html;base64,PHNjcmlwdD5yYW49MTwvc2NyaXB0Pg==",
    "vbscript:ran=1",
    "blob:https://example.com/1",
    "file:///etc/passwd",
    "view-source:https://example.com/",
    "https:javascript:ran=1",
    "https://example.com/\"onmouseover='ran=1'",
    "https://example.com/<script>ran=1</script>",
    "https://javascript:ran=1@elsewhere.example/",
    "http://[javascript:ran=1]/",
)

TRICKS = (
    "\u202etpircs<ran=1>tpircs/<",
    "https://example.com/\u202egpj.exe",
    "https://\u202emoc.elpmaxe.erehwesle//:sptth",
    "\u2066\u2067\u202dhttps://a.example\u202c",
    "\uff1cscript\uff1eran=1\uff1c/script\uff1e",
    "\u02bascript\u02ba \u2028ran=1\u2029ran=1",
    "<\u0000script>ran=1</\u0000script>",
    "\ufeff<script>ran=1</script>",
    "\U000e003c\U000e0073ran=1",
    "https://аpple.com/ran=1",
    "‮" * 3 + "<b>ran=1</b>",
    "<b>ran</b>" * 20,
)

TERMINAL = (
    "\x1b]8;;javascript:ran=1\x1b\\text\x1b]8;;\x1b\\",
    "\x1b]8;;data:text/html,<script>ran=1</script>\x07text\x1b]8;;\x07",
    "\x1b]8;;https://elsewhere.example/\x1b\\https://bank.example/\x1b]8;;\x1b\\",
    "\x1b]8;;https://x.example/\"onclick='ran=1'\x1b\\text\x1b]8;;\x1b\\",
    "\x1b]8;;java\nscript:ran=1\x1b\\text\x1b]8;;\x1b\\",
    "\x1b]0;<script>ran=1</script>\x07<script>ran=1</script>",
    '\x1b[31;color:red"onclick="ran=1m<b>x</b>',
    "\x1b[38;2;1;2;3;url(javascript:ran=1)mx",
    "\x1b]52;c;cmFuPTE=\x07\x1bP<script>ran=1</script>\x1b\\",
    "::group::<img src=x onerror=ran=1>",
    "::error file=<b>,title=javascript:ran=1::<script>ran=1</script>",
)

ALL = {
    "scripts": SCRIPTS,
    "handlers": HANDLERS,
    "markup": MARKUP,
    "templates": TEMPLATES,
    "addresses": ADDRESSES,
    "tricks": TRICKS,
    "terminal": TERMINAL,
}
"""The payloads, by kind."""

__all__ = ["ALL"]
