"""How long a sender takes to be answered and to be heard, many times over, by an independent WebRTC stack (aiortc) at both ends.

Usage: whip_times.py BOX_URL TRIES, as a host of the box, whose first channel plays senders
Prints percentiles in milliseconds, with floors measured in the same run: of an answer, the same of `GET /health`; of sound, that from the
answer to the end of the DTLS handshake. What is heard is a tone in the listener's decoded sound, its own jitter buffer included.
"""

import array
import asyncio
import cmath
import math
import sys
import time

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

import whep
from whip_aiortc import Tones

TONE_HZ = 997
HEARD_PEAK = 0.05
LIMIT_S = 15


class Ear:
    """A listener, and when it heard the tone last."""

    def __init__(self):
        self.peer = RTCPeerConnection()
        self.heard_at = None

    async def open(self, url):
        self.peer.addTransceiver("audio", direction="recvonly")

        @self.peer.on("track")
        def track(track):
            asyncio.ensure_future(self.listen(track))

        await self.peer.setLocalDescription(await self.peer.createOffer())
        _, _, answer = await asyncio.to_thread(whep.join, url, self.peer.localDescription.sdp)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def listen(self, track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                # It is over.
                return
            left = array.array("h", bytes(frame.planes[0])[: frame.samples * 4])[::2]
            turn = cmath.exp(2j * math.pi * TONE_HZ / frame.sample_rate)
            at, total = 1, 0
            for sample in left:
                total, at = total + sample * at, at * turn
            if 2 * abs(total) / len(left) / 32768 > HEARD_PEAK:
                self.heard_at = time.monotonic()


async def attempt(box, ear):
    while ear.heard_at is not None and time.monotonic() - ear.heard_at < 1:
        await asyncio.sleep(0.05)
    ear.heard_at = None
    peer = RTCPeerConnection()
    peer.addTransceiver(Tones(TONE_HZ, TONE_HZ), direction="sendonly")
    connected = asyncio.get_running_loop().create_future()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected" and not connected.done():
            connected.set_result(time.monotonic())

    await peer.setLocalDescription(await peer.createOffer())
    floor = time.monotonic()
    await asyncio.to_thread(whep.request, "GET", f"{box}/health")
    begun = time.monotonic()
    headers = {"Content-Type": "application/sdp"}
    _, found, answer = await asyncio.to_thread(whep.request, "POST", f"{box}/whip/main", peer.localDescription.sdp, headers)
    answered = time.monotonic()
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    stands = await asyncio.wait_for(connected, LIMIT_S)
    while ear.heard_at is None and time.monotonic() - begun < LIMIT_S:
        await asyncio.sleep(0.002)
    heard = ear.heard_at
    await asyncio.to_thread(whep.request, "DELETE", whep.urllib.parse.urljoin(box, found["Location"]))
    await peer.close()
    return [begun - floor, answered - begun, stands - answered, (heard or float("nan")) - begun]


def percentile(times, share):
    """The nearest of sorted times."""
    return sorted(times)[min(len(times) - 1, math.ceil(share * len(times)) - 1)]


async def main(box, tries):
    ear = Ear()
    await ear.open(f"{box}/whep/main")
    times = [await attempt(box, ear) for _ in range(tries)]
    names = ["GET /health", "POST to 201", "201 to DTLS done", "POST to sound"]
    p95 = {}
    for name, column in zip(names, zip(*times)):
        kept = [1000 * time for time in column if not math.isnan(time)]
        p95[name] = percentile(kept, 0.95)
        print(f"{name:>17}: p50 {percentile(kept, 0.5):7.1f} ms, p95 {p95[name]:7.1f} ms, {len(kept)} of {tries}")
    print(f"POST to 201 is {p95['POST to 201'] / p95['GET /health']:.2f} times GET /health (p95)")
    await ear.peer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].rstrip("/"), int(sys.argv[2])))
