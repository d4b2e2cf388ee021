"""A WHEP listener on aiortc: an ICE, DTLS, SRTP and Opus stack that shares nothing with the box.

Usage: whep_aiortc.py WHEP_URL SECONDS OUT.wav
Writes SECONDS of decoded sound (48 kHz, stereo, 16 bit) and prints one line of JSON. It does not reconnect.
"""

import asyncio
import json
import sys
import time
import urllib.parse
import urllib.request
import wave

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

FIRST_SOUND_LIMIT_S = 10


def request(method, url, body=None, headers=None):
    """Returns status, headers and text; a refusal raises with what the box said."""
    data = body.encode() if body is not None else None
    call = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        raise SystemExit(f"{method} {url}: {refusal.code} {refusal.read().decode(errors='replace')}")


async def listen(url, seconds, path):
    peer = RTCPeerConnection()
    peer.addTransceiver("audio", direction="recvonly")
    tracks = asyncio.get_running_loop().create_future()
    peer.on("track", lambda track: tracks.done() or tracks.set_result(track))
    await peer.setLocalDescription(await peer.createOffer())

    started = time.monotonic()
    status, headers, answer = await asyncio.to_thread(
        request, "POST", url, peer.localDescription.sdp, {"Content-Type": "application/sdp"}
    )
    session = urllib.parse.urljoin(url, headers["Location"])
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    track = await asyncio.wait_for(tracks, FIRST_SOUND_LIMIT_S)

    frames = 0
    first = None
    times = []
    with wave.open(path, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(48_000)
        while frames < seconds * 48_000:
            try:
                frame = await asyncio.wait_for(track.recv(), FIRST_SOUND_LIMIT_S)
            except (MediaStreamError, asyncio.TimeoutError):
                break
            first = first or time.monotonic()
            times.append(frame.pts)
            out.writeframes(bytes(frame.planes[0])[: frame.samples * 4])
            frames += frame.samples
    deleted, _, _ = await asyncio.to_thread(request, "DELETE", session)
    await peer.close()
    print(json.dumps({
        "status": status,
        "deleted": deleted,
        "frames": frames,
        "first_sound_ms": None if first is None else round((first - started) * 1000),
        "jumps": sum(1 for a, b in zip(times, times[1:]) if b - a != 960),
    }))


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
