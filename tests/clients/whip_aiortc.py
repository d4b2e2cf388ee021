"""A WHIP sender on aiortc: an ICE, DTLS, SRTP and Opus stack that shares nothing with the box.

Usage: whip_aiortc.py WHIP_URL TOKEN SECONDS LEFT_HZ RIGHT_HZ [KEY HASH]
Sends a tone per channel (48 kHz, stereo) for SECONDS and prints one line of JSON once it is connected, or its handshake refused. It
does not reconnect.
KEY (p256, p384, p521, rsa2048, …) and HASH (sha-1 to sha-512) say which certificate it has, and how its offer names that.
"""

import array
import asyncio
import fractions
import json
import math
import sys
import time

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcdtlstransport import RTCCertificate, generate_certificate
from av import AudioFrame
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import whep

CURVES = {"p224": ec.SECP224R1, "p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
RSA = "rsa"
HASHES = {
    "sha-1": hashes.SHA1,
    "sha-224": hashes.SHA224,
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
}

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


def use_certificate(peer, kind):
    """Gives the peer a certificate with a key of this kind, and returns it."""
    if kind.startswith(RSA):
        key = rsa.generate_private_key(65_537, int(kind.removeprefix(RSA)))
    else:
        key = ec.generate_private_key(CURVES[kind]())
    certificate = RTCCertificate(key, generate_certificate(key))
    # The library has no other way to choose one.
    peer._RTCPeerConnection__certificates = [certificate]
    return certificate


def naming(sdp, certificate, name):
    """The offer with this certificate under this hash alone."""
    digest = certificate._cert.fingerprint(HASHES[name]()).hex(":").upper()
    lines = sdp.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("a=fingerprint:"))
    kept = [line for n, line in enumerate(lines) if n <= first or not line.startswith("a=fingerprint:")]
    kept[first] = f"a=fingerprint:{name} {digest}"
    return "\r\n".join(kept) + "\r\n"


async def send(url, token, seconds, left_hz, right_hz, kind=None, name=None):
    peer = RTCPeerConnection()
    certificate = None if kind is None else use_certificate(peer, kind)
    peer.addTransceiver(Tones(left_hz, right_hz), direction="sendonly")
    connected = asyncio.get_running_loop().create_future()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected" and not connected.done():
            connected.set_result(None)
        if peer.connectionState == "failed" and not connected.done():
            connected.set_exception(ConnectionError("the box has refused it"))

    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    started = time.monotonic()
    offer = peer.localDescription.sdp
    if certificate is not None:
        offer = naming(offer, certificate, name)
    status, answered, answer = await asyncio.to_thread(whep.request, "POST", url, offer, headers)
    answered_ms = round((time.monotonic() - started) * 1000)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        await asyncio.wait_for(connected, CONNECT_LIMIT_S)
    except ConnectionError as refusal:
        return print(json.dumps({"status": status, "refusal": str(refusal)}), flush=True)
    print(json.dumps({"status": status, "location": answered["Location"], "answered_ms": answered_ms}), flush=True)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(whep.request, "DELETE", whep.urllib.parse.urljoin(url, answered["Location"]))
    await peer.close()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6]), *sys.argv[6:8]))
