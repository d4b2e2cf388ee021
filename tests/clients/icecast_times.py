"""How long programs that send as to an Icecast server take to be heard, and how long the music takes to be back once they are killed.

Usage: icecast_times.py BOX_URL TRIES, as a host of the box, whose first channel plays senders meanwhile
Prints a table in milliseconds and goals as ratios: from the request to the sound in the packets of a WebRTC listener and in the bytes of an
MP3 listener, decoded as they come. Every program speaks to the box through a relay that sees its request and when its body begins. What
a program keeps back itself is in it. A program that is not installed is named. With ONLY in the environment only programs are measured
whose name contains it; with SHOW_BODY every piece of a body is printed as it comes.
"""

import array
import asyncio
import json
import os
import shutil
import tempfile
import time
import urllib.parse

import av

import whep
from whip_times import HEARD_PEAK, LEFT_HZ, LIMIT_S, RIGHT_HZ, Ear, level, main, report

# The greatest that is asked for, ms.
HEARD_GOAL_MS, MUSIC_GOAL_MS = 3_000, 3_000
SENDS_S = 60
# How long each is heard before it is killed.
HELD_S = 2


def tones():
    left, right = (f"0.25*sin(2*PI*{hz}*t)+0.04*(random(0)-0.5)" for hz in (LEFT_HZ[0], RIGHT_HZ))
    return ["-f", "lavfi", "-i", f"aevalsrc={left}|{right}:s=48000:d={SENDS_S}"]


# How ffmpeg is asked for a form: its encoder, its container, and what it calls that.
FORMS = {
    "MP3": ["-c:a", "libmp3lame", "-b:a", "192k", "-content_type", "audio/mpeg", "-f", "mp3"],
    "Opus in Ogg": ["-c:a", "libopus", "-b:a", "128k", "-content_type", "application/ogg", "-f", "ogg"],
    "Vorbis in Ogg": ["-c:a", "libvorbis", "-b:a", "128k", "-content_type", "application/ogg", "-f", "ogg"],
    "FLAC in Ogg": ["-c:a", "flac", "-content_type", "application/ogg", "-f", "ogg"],
    "AAC": ["-c:a", "aac", "-b:a", "192k", "-content_type", "audio/aac", "-f", "adts"],
}


class Mp3Ear:
    """A player of the MP3 stream that keeps nothing back: since when it hears the right side's pitch."""

    def __init__(self, box):
        self.box, self.heard_since = urllib.parse.urlsplit(box), None

    async def listen(self):
        reader, writer = await asyncio.open_connection(self.box.hostname, self.box.port)
        writer.write(f"GET /stream/main.mp3 HTTP/1.0\r\nHost: {self.box.netloc}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        codec = av.CodecContext.create("mp3float", "r")
        while data := await reader.read(4_096):
            for packet in codec.parse(data):
                for frame in codec.decode(packet):
                    right = array.array("f", bytes(frame.planes[-1])[: frame.samples * 4])
                    hears = level([sample * 32_768 for sample in right], RIGHT_HZ) > HEARD_PEAK
                    self.heard_since = (self.heard_since or time.monotonic()) if hears else None


class Relay:
    """Sees the moments of a program's request and of its body, and hands on what it says."""

    def __init__(self, box):
        self.box, self.asked, self.body = urllib.parse.urlsplit(box), None, None

    async def serve(self, reader, writer):
        box_reader, box_writer = await asyncio.open_connection(self.box.hostname, self.box.port)

        async def answer():
            while data := await box_reader.read(4_096):
                writer.write(data)

        answering = asyncio.ensure_future(answer())
        try:
            # libshout asks what the server can do before.
            while not self.asked:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.split(b" ", 1)[0] in (b"PUT", b"SOURCE"):
                    self.asked = time.monotonic()
                # The box answers to its own address only.
                own = ":%d" % writer.get_extra_info("sockname")[1]
                box_writer.write(head.replace(own.encode(), f":{self.box.port}".encode()))
            while data := await reader.read(65_536):
                self.body = self.body or time.monotonic()
                if os.environ.get("SHOW_BODY"):
                    print(f"    {time.monotonic() - self.asked:.3f} s: {len(data)} bytes")
                box_writer.write(data)
        except (OSError, asyncio.IncompleteReadError):
            # The program or the box has hung up.
            pass
        for one in (box_writer, writer):
            one.close()
        answering.cancel()


def ezstream(folder, port, token, form):
    """What makes ezstream send a song in this form; `None` if it is not installed."""
    if shutil.which("ezstream") is None:
        return None
    ending = "mp3" if form == "MP3" else "ogg"
    settings = os.path.join(folder, f"{ending}.xml")
    with open(settings, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(
            f"<ezstream><servers><server><hostname>127.0.0.1</hostname><port>{port}</port><user>source</user>"
            f"<password>{token}</password></server></servers><streams><stream><mountpoint>/main</mountpoint>"
            f"<format>{'MP3' if form == 'MP3' else 'Ogg'}</format></stream></streams><intakes><intake>"
            f"<type>autodetect</type><filename>{os.path.join(folder, 'song.' + ending)}</filename></intake></intakes></ezstream>"
        )
    return ["ezstream", "-c", settings]


def liquidsoap(folder, port, token, form):
    """The same of Liquidsoap."""
    if shutil.which("liquidsoap") is None:
        return None
    script = os.path.join(folder, "party.liq")
    encoder = "%mp3(bitrate=192)" if form == "MP3" else "%vorbis(quality=0.6)"
    with open(script, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(
            "settings.init.allow_root.set(true)\n"
            f's = mksafe(single("{os.path.join(folder, "song.mp3")}"))\n'
            f'output.icecast({encoder}, host="127.0.0.1", port={port}, user="source", password="{token}", mount="main", s)\n'
        )
    return ["liquidsoap", script]


async def until(condition):
    begun = time.monotonic()
    while not condition() and time.monotonic() - begun < LIMIT_S:
        await asyncio.sleep(0.005)


async def attempt(box, ears, command_of):
    """Returns the times to the body, to both ears, and from the kill to the music, ms."""
    await until(lambda: not any(ear.heard_since for ear in ears))
    relay = Relay(box)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    _, _, made = whep.request("POST", f"{box}/api/senders", '{"name":"Desk"}', {"Content-Type": "application/json"})
    command = command_of(server.sockets[0].getsockname()[1], json.loads(made)["token"])
    null = asyncio.subprocess.DEVNULL
    program = await asyncio.create_subprocess_exec(*command, stdin=null, stdout=null, stderr=null)
    try:
        await until(lambda: relay.asked)
        await until(lambda: all(ear.heard_since for ear in ears))
        heard = [ear.heard_since for ear in ears]
        await asyncio.sleep(HELD_S)
    finally:
        # It may have ended by itself.
        if program.returncode is None:
            program.kill()
    killed = time.monotonic()
    await program.wait()
    await until(lambda: not any(ear.heard_since for ear in ears))
    music = time.monotonic()
    server.close()
    nothing = float("nan")
    moments = [relay.body, *heard]
    return [1_000 * (at - relay.asked) if at and relay.asked else nothing for at in moments] + [1_000 * (music - killed)]


async def measure(box, tries, folder):
    for ending, options in (("mp3", FORMS["MP3"][:4]), ("ogg", FORMS["Vorbis in Ogg"][:4])):
        song = os.path.join(folder, f"song.{ending}")
        make = ["ffmpeg", "-v", "error", "-nostdin", *tones(), *options, song]
        await (await asyncio.create_subprocess_exec(*make)).wait()
    ears = [Ear(), Mp3Ear(box)]
    await ears[0].open(f"{box}/whep/main")
    listening = asyncio.ensure_future(ears[1].listen())

    def ffmpeg(options):
        def command(port, token):
            url = f"icecast://source:{token}@127.0.0.1:{port}/main"
            return ["ffmpeg", "-v", "error", "-nostdin", "-re", *tones(), *options, url]

        return command

    programs = {f"ffmpeg, {form}": ffmpeg(options) for form, options in FORMS.items()}
    for make in (ezstream, liquidsoap):
        if make(folder, 0, "", "MP3") is None:
            print(f"not measured: {make.__name__} is not installed")
            continue
        for form in ("MP3", "Vorbis in Ogg"):
            programs[f"{make.__name__}, {form}"] = lambda *call, make=make, form=form: make(folder, *call, form)
    wanted = os.environ.get("ONLY", "")
    for name, command in programs.items():
        if wanted not in name:
            continue
        print(name)
        columns = zip(*[await attempt(box, ears, command) for _ in range(tries)])
        steps = ["request to body", "to a WebRTC listener", "to an MP3 listener", "killed to music"]
        for step, values, goal in zip(steps, columns, [None, HEARD_GOAL_MS, HEARD_GOAL_MS, MUSIC_GOAL_MS]):
            report(step, list(values), 0.95, goal)
    listening.cancel()
    await ears[0].peer.close()
    print(f"load of this machine: {os.getloadavg()[0]:.1f}")


async def work(box, tries):
    with tempfile.TemporaryDirectory() as folder:
        await measure(box, tries, folder)


if __name__ == "__main__":
    main(work)
