"""The HTTP half of WHEP (draft-ietf-wish-whep), shared by the listeners in this folder. Knows no media."""

import urllib.error
import urllib.parse
import urllib.request

ANSWER_LIMIT_S = 10


class Refused(Exception):
    """The box refused; the text is what it said."""


def request(method, url, body=None, headers=None):
    """Returns status, headers and text."""
    data = body.encode() if body is not None else None
    call = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(call, timeout=ANSWER_LIMIT_S) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        raise Refused(f"{method} {url}: {refusal.code} {refusal.read().decode(errors='replace')}") from None


def join(url, offer):
    """Sends the SDP of an offer. Returns the status, the session's address and the SDP of the answer."""
    status, headers, answer = request("POST", url, offer, {"Content-Type": "application/sdp"})
    return status, urllib.parse.urljoin(url, headers["Location"]), answer


def leave(session):
    """Ends a session. Returns the status."""
    return request("DELETE", session)[0]
