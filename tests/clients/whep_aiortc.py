"""A WHEP listener on aiortc: an ICE, DTLS, SRTP and Opus stack that shares nothing with the box.

Usage: whep_aiortc.py WHEP_URL SECONDS OUT.wav [KEY]
Writes SECONDS of decoded sound (48 kHz, stereo, 16 bit) and prints one line of JSON. It does not reconnect. KEY (rsa2048, p521, …)
says which certificate it has.
"""

import asyncio
import json
import sys
import time
import wave

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

import whep
from whip_aiortc import use_certificate

FIRST_SOUND_LIMIT_S = 10


async def listen(url, seconds, path, kind=None):
    # Nobody but the box is asked where this is.
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    if kind is not None:
        use_certificate(peer, kind)
    peer.addTransceiver("audio", direction="recvonly")
    tracks = asyncio.get_running_loop().create_future()
    peer.on("track", lambda track: tracks.done() or tracks.set_result(track))
    await peer.setLocalDescription(await peer.createOffer())

    started = time.monotonic()
    status, session, answer = await asyncio.to_thread(whep.join, url, peer.localDescription.sdp)
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
    deleted = await asyncio.to_thread(whep.leave, session)
    await peer.close()
    print(json.dumps({
        "status": status,
        "deleted": deleted,
        "frames": frames,
        "first_sound_ms": None if first is None else round((first - started) * 1000),
        "jumps": sum(1 for a, b in zip(times, times[1:]) if b - a != 960),
    }))


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], float(sys.argv[2]), *sys.argv[3:5]))
