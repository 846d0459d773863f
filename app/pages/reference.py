"""The reference: Swagger UI on a page of ours, which loads nothing from elsewhere."""

from functools import lru_cache

from app.pages.assets import address
from app.pages.layout import page

# `data:` for the arrows that Swagger UI's styles bring along; styles that scripts set on elements need no permission.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONTENT = """<p class="lead">Every operation, with a form to try it. New here? Begin with
<a href="/guides/first-plan">your first plan</a>. Each answer that is not a success names one of the
<a href="/problems">problems</a>. The contract for generators is <a href="/openapi.json">openapi.json</a>.</p>
<p class="key-note">The key that you give under <em>Authorize</em> is kept in this tab only, until you close it.</p>
<div id="reference" data-document="/openapi.json"><p class="loading">Loading the reference …</p></div>
<noscript><p>The reference needs JavaScript. <a href="/openapi.json">openapi.json</a> is the same as text, and the
<a href="/guides">guides</a> need none.</p></noscript>"""


@lru_cache(maxsize=1)
def reference() -> str:
    """The page of the reference."""
    styles = "".join(f'<link rel="stylesheet" href="{address(name)}">\n' for name in ("swagger-ui.css",))
    styles += f'<link rel="stylesheet" href="{address("reference.css")}">\n'
    scripts = "".join(
        f'<script defer src="{address(name)}"></script>\n' for name in ("swagger-ui-bundle.js", "reference.js")
    )
    return page("Reference", _CONTENT, path="/docs", head=styles, body=scripts)
