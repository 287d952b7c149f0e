"""The demo's page: two phones side by side, plain files without a build step.

The page speaks to the demo's server (``/demo/...``) and to nothing else; the headers make the browser hold it to that.
"""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

STATIC = Path(__file__).parent / "static"

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

# blob: is for the preview of a photo that is about to be sent.
POLICY = "default-src 'self'; img-src 'self' blob:; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), geolocation=(), camera=()",
}


def routes() -> list[Route]:
    """Give the routes of the page: ``/`` and everything below ``/static/``.

    Returns:
        Starlette routes for GET and HEAD, to be mounted beside the demo's own endpoints.
    """
    files = {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.suffix in MEDIA_TYPES}

    async def page(_request: Request) -> Response:
        return _file(files["index.html"])

    async def static(request: Request) -> Response:
        # Only names found above are served, so no path can lead out of the folder.
        found = files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return _file(found)

    return [Route("/", page, name="page"), Route("/static/{name:path}", static, name="static")]


def _file(path: Path) -> Response:
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=HEADERS)
