"""A WHIP sender on the program ffmpeg, as somebody starts it who has only read its manual: OpenSSL's DTLS, and the certificate that
ffmpeg makes itself.

Usage: whip_ffmpeg9.py WHIP_URL TOKEN SECONDS LEFT_HZ RIGHT_HZ
Sends a tone per channel (48 kHz, stereo) for SECONDS at its pace and prints one line of JSON as it starts.
"""

import json
import subprocess
import sys

import imageio_ffmpeg

PEAK = 0.25


def send(url, token, seconds, left_hz, right_hz):
    tones = "|".join(f"{PEAK}*sin(2*PI*{hz}*t)" for hz in (left_hz, right_hz))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "warning", "-nostdin", "-re"]
    command += ["-f", "lavfi", "-i", f"aevalsrc={tones}:s=48000:d={seconds}"]
    command += ["-c:a", "libopus", "-b:a", "128k", "-f", "whip", "-authorization", token, url]
    print(json.dumps({"ffmpeg": imageio_ffmpeg.get_ffmpeg_version()}), flush=True)
    # It ends with this program, whichever way that is ended.
    sys.exit(subprocess.run(["setpriv", "--pdeathsig", "TERM", *command], check=False).returncode)


if __name__ == "__main__":
    send(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6]))
