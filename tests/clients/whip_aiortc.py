"""A WHIP sender on aiortc: an ICE, DTLS, SRTP and Opus stack that shares nothing with the box.

Usage: whip_aiortc.py WHIP_URL TOKEN SECONDS LEFT_HZ RIGHT_HZ
Sends a tone per channel (48 kHz, stereo) for SECONDS and prints one line of JSON once it is connected. It does not reconnect.
"""

import array
import asyncio
import fractions
import json
import math
import sys
import time

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame

import whep

CONNECT_LIMIT_S = 10
FRAME = 960
PEAK = 0.25


class Tones(MediaStreamTrack):
    kind = "audio"

    def __init__(self, left_hz, right_hz):
        super().__init__()
        # A second of both tones, which repeats: their frequencies are whole numbers.
        second = array.array("h")
        for n in range(48_000):
            for hz in (left_hz, right_hz):
                second.append(round(32_767 * PEAK * math.sin(2 * math.pi * hz * n / 48_000)))
        self.second = second.tobytes()
        self.at = 0
        self.started = None

    async def recv(self):
        self.started = self.started or time.monotonic()
        await asyncio.sleep(max(0, self.started + self.at / 48_000 - time.monotonic()))
        frame = AudioFrame(format="s16", layout="stereo", samples=FRAME)
        frame.planes[0].update(self.second[self.at % 48_000 * 4 :][: FRAME * 4])
        frame.sample_rate = 48_000
        frame.time_base = fractions.Fraction(1, 48_000)
        frame.pts = self.at
        self.at += FRAME
        return frame


async def send(url, token, seconds, left_hz, right_hz):
    peer = RTCPeerConnection()
    peer.addTransceiver(Tones(left_hz, right_hz), direction="sendonly")
    connected = asyncio.get_running_loop().create_future()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected" and not connected.done():
            connected.set_result(None)

    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    started = time.monotonic()
    status, answered, answer = await asyncio.to_thread(whep.request, "POST", url, peer.localDescription.sdp, headers)
    answered_ms = round((time.monotonic() - started) * 1000)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(connected, CONNECT_LIMIT_S)
    print(json.dumps({"status": status, "location": answered["Location"], "answered_ms": answered_ms}), flush=True)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(whep.request, "DELETE", whep.urllib.parse.urljoin(url, answered["Location"]))
    await peer.close()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6])))
