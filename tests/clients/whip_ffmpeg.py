"""A WHIP sender on FFmpeg's whip muxer, through PyAV: GnuTLS' DTLS, and an ICE that leaves out what RFC 8445 asks for.

Built with GnuTLS, FFmpeg 8.1 makes itself a certificate on P-224, which no browser would take either; RFC 8827 section 6.5 asks for
P-256, so that is what this one brings.

Usage: whip_ffmpeg.py WHIP_URL TOKEN SECONDS LEFT_HZ RIGHT_HZ
Sends a tone per channel (48 kHz, stereo) for SECONDS at its pace and prints one line of JSON once it is connected.
"""

import array
import datetime
import fractions
import json
import math
import os
import sys
import tempfile
import time

import av
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FRAME = 960
PEAK = 0.25


def certificate(folder):
    """Writes a certificate and its key, and returns both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sender")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
    paths = [os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")]
    pem = serialization.Encoding.PEM
    with open(paths[0], "wb") as file:
        file.write(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    with open(paths[1], "wb") as file:
        form = serialization.PrivateFormat.TraditionalOpenSSL
        file.write(key.private_bytes(pem, form, serialization.NoEncryption()))
    return paths


def send(url, token, seconds, left_hz, right_hz):
    folder = tempfile.TemporaryDirectory()
    cert, key = certificate(folder.name)
    options = {"authorization": token, "cert_file": cert, "key_file": key}
    with folder, av.open(url, "w", format="whip", options=options) as out:
        stream = out.add_stream("libopus", rate=48_000, layout="stereo")
        stream.bit_rate = 128_000
        stream.time_base = fractions.Fraction(1, 48_000)
        out.start_encoding()
        print(json.dumps({"av": av.__version__, "format": av.library_versions["libavformat"]}), flush=True)
        # A second of both tones, which repeats: their frequencies are whole numbers.
        second = array.array("h")
        for n in range(48_000):
            for hz in (left_hz, right_hz):
                second.append(round(32_767 * PEAK * math.sin(2 * math.pi * hz * n / 48_000)))
        second = second.tobytes()
        started = time.monotonic()
        for at in range(0, round(seconds * 48_000), FRAME):
            frame = av.AudioFrame(format="s16", layout="stereo", samples=FRAME)
            frame.planes[0].update(second[at % 48_000 * 4 :][: FRAME * 4])
            frame.sample_rate = 48_000
            frame.pts = at
            for packet in stream.encode(frame):
                out.mux(packet)
            time.sleep(max(0, started + at / 48_000 - time.monotonic()))


if __name__ == "__main__":
    send(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6]))
