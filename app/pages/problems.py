"""The pages that a problem's `type` leads to."""

import re
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from json import dumps

from app.kit.problems import MEDIA_TYPE, Problem, explanation
from app.pages.layout import page


def problem_page(kind: type[Problem]) -> str:
    """What happened, why, what to do, and an example of the document."""
    told = explanation(kind)
    document = dumps(told.example, indent=2, ensure_ascii=False)
    status = f"{kind.status} {HTTPStatus(kind.status).phrase}"
    content = f"""<p class="status">Problem · HTTP {status}</p>
<h1>{escape(kind.title)}</h1>
<h2>What happened</h2>
<p>{_prose(told.what)}</p>
<h2>Why</h2>
<p>{_prose(told.why)}</p>
<h2>What to do</h2>
<p>{_prose(told.advice)}</p>
<h2>Example</h2>
<pre tabindex="0"><code>HTTP/1.1 {status}
Content-Type: {MEDIA_TYPE}

{escape(document)}</code></pre>
<p>Programs tell problems apart by <code>code</code> or <code>type</code>, which never change; <code>title</code> and
<code>detail</code> are for people. With the <code>request_id</code> the server's log tells more.</p>
<p><a href="/problems">All problems</a></p>"""
    return page(kind.title, content, path=f"/problems/{kind.slug}")


def problem_index(kinds: Sequence[type[Problem]]) -> str:
    """All problems with what happened, by their code."""
    listed = "\n".join(
        f'<li><a href="/problems/{kind.slug}"><code>{kind.slug}</code></a> <span class="status">{kind.status}</span>'
        f"<p>{_prose(explanation(kind).what)}</p></li>"
        for kind in kinds
    )
    content = f"""<h1>Problems</h1>
<p>Every failure is answered as one of these, in the form of RFC 9457. Its <code>type</code> leads to its page.</p>
<ul class="problems">
{listed}
</ul>"""
    return page("Problems", content, path="/problems")


def _prose(text: str) -> str:
    """Plain text as HTML, with `words` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
