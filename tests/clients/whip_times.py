"""How long a sender takes to be answered and to be heard, many times over, and how much later than sent its sound goes to a listener, by
an independent WebRTC stack (aiortc) at both ends.

Usage: whip_times.py BOX_URL TRIES, as a host of the box, whose first channel plays senders meanwhile
Prints a table in milliseconds and goals as ratios. Floors of the same run stand beside it: of an answer, the same of `GET /health`; of
sound, what both ends need of it for themselves. Where a change of pitch lies is found alike in the packets that the sender sends and in
those that reach the listener, before its jitter buffer: the difference is what the box adds.
"""

import array
import asyncio
import itertools
import json
import cmath
import math
import os
import sys
import time

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket, is_rtcp

import whep
from whip_aiortc import FRAME, PEAK, Tones

RATE_HZ = 48_000
# The left side changes between these, and the right side keeps its own. All are whole periods of a window.
LEFT_HZ = (1_000, 3_000)
RIGHT_HZ = 2_000
CHANGE_EVERY = RATE_HZ // 4
WINDOW = 480
STEP = 48
HEARD_PEAK = 0.05
LIMIT_S = 15
# How long each sender goes on once it is heard.
HELD_S = 1.5
# The longest that a change is looked for; the next change to the same pitch comes after 0.5 s.
ADDED_S_MAX = 0.4

# The greatest that is asked for, ms: of the 95th percentile, of the median for what the box adds.
ANSWER_GOAL_MS, SOUND_GOAL_MS, ADDED_GOAL_MS = 20, 400, 90
# What the sides must be apart, dB.
APART_GOAL_DB = 30


class Changing(Tones):
    """A pitch that changes on the left, and one that does not on the right."""

    def __init__(self):
        super().__init__(LEFT_HZ[0], RIGHT_HZ)
        second = array.array("h", self.second)
        for n in range(RATE_HZ):
            hz = LEFT_HZ[n // CHANGE_EVERY % 2]
            second[2 * n] = round(32_767 * PEAK * math.sin(2 * math.pi * hz * n / RATE_HZ))
        self.second = second.tobytes()


class Packets:
    """Opus packets of one stream, each with the moment at which it passed."""

    def __init__(self):
        self.decoder = OpusDecoder()
        self.passed = []

    def add(self, payload, timestamp):
        self.passed.append((time.monotonic(), payload, timestamp))

    def decoded(self):
        """Takes what has passed, and returns the moment and the samples of each packet."""
        passed, self.passed = self.passed, []
        pieces = []
        for at, payload, timestamp in passed:
            for frame in self.decoder.decode(JitterFrame(data=payload, timestamp=timestamp)):
                pieces.append((at, array.array("h", bytes(frame.planes[0])[: frame.samples * 4])))
        return pieces


def level(samples, hz):
    """The amplitude of a pitch, 1 is full scale."""
    turn = cmath.exp(-2j * math.pi * hz / RATE_HZ)
    at, total = 1, 0
    for sample in samples:
        total, at = total + sample * at, at * turn
    return 2 * abs(total) / len(samples) / 32_768


def changes(pieces):
    """When the left side changed its pitch, and to which: as a player would have it that plays each packet as it passes."""
    left = [sample for _, samples in pieces for sample in samples[::2]]
    starts = list(itertools.accumulate((len(samples) // 2 for _, samples in pieces), initial=0))
    sums = []
    for hz in LEFT_HZ:
        turns = [cmath.exp(-2j * math.pi * hz * n / RATE_HZ) for n in range(WINDOW)]
        sums.append(list(itertools.accumulate((sample * turns[n % WINDOW] for n, sample in enumerate(left)), initial=0)))
    found, before, piece = [], None, 0
    for begin in range(0, len(left) - WINDOW, STEP):
        first, second = (abs(total[begin + WINDOW] - total[begin]) for total in sums)
        if max(first, second) < WINDOW / 2 * HEARD_PEAK * 32_768:
            before = None
            continue
        now = int(second > first)
        middle = begin + WINDOW // 2
        while starts[piece + 1] <= middle:
            piece += 1
        if before not in (None, now):
            found.append((pieces[piece][0] + (middle - starts[piece]) / RATE_HZ, now))
        before = now
    return found


def added(sent, heard):
    """How much later each change was heard than sent, s."""
    late = []
    for at, to in sent:
        nearest = [when - at for when, what in heard if what == to and 0 <= when - at < ADDED_S_MAX]
        late += nearest[:1]
    return late


def apart(samples):
    """How far each side's own pitch stands above the other side's, dB; nothing while the left side changes."""
    left, right = samples[::2], samples[1::2]
    own = [level(left, hz) for hz in LEFT_HZ]
    if max(own) < PEAK / 2 or min(own) > PEAK / 100 or level(right, RIGHT_HZ) < PEAK / 2:
        return []
    steady = LEFT_HZ[own.index(max(own))]
    pairs = [(max(own), level(left, RIGHT_HZ)), (level(right, RIGHT_HZ), level(right, steady))]
    return [20 * math.log10(mine / max(others, 1e-6)) for mine, others in pairs]


class Ear:
    """A listener: the packets that reach it, and since when it hears the right side's pitch."""

    def __init__(self):
        self.peer = RTCPeerConnection()
        self.packets = Packets()
        self.heard_since = None

    async def open(self, url):
        receiver = self.peer.addTransceiver("audio", direction="recvonly").receiver
        handle = receiver._handle_rtp_packet

        async def count(packet, arrival_time_ms):
            self.packets.add(packet.payload, packet.timestamp)
            await handle(packet, arrival_time_ms)

        receiver._handle_rtp_packet = count

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
            hears = level(array.array("h", bytes(frame.planes[0])[: frame.samples * 4])[1::2], RIGHT_HZ) > HEARD_PEAK
            self.heard_since = (self.heard_since or time.monotonic()) if hears else None


class Attempt:
    """One sender: the moments of its way, ms, what the box added to each change, ms, and how far its sides are apart, dB."""

    def __init__(self, box, ear):
        self.box, self.ear, self.sent = box, ear, Packets()

    async def send(self):
        while self.ear.heard_since is not None:
            await asyncio.sleep(0.05)
        peer = RTCPeerConnection()
        transport = peer.addTransceiver(Changing(), direction="sendonly").sender.transport
        send = transport._send_rtp

        async def count(data):
            if not is_rtcp(data):
                packet = RtpPacket.parse(data)
                self.sent.add(packet.payload, packet.timestamp)
            await send(data)

        transport._send_rtp = count
        connected = asyncio.get_running_loop().create_future()

        @peer.on("connectionstatechange")
        def changed():
            if peer.connectionState == "connected" and not connected.done():
                connected.set_result(time.monotonic())

        await peer.setLocalDescription(await peer.createOffer())
        floor = time.monotonic()
        await asyncio.to_thread(whep.request, "GET", f"{self.box}/health")
        begun = time.monotonic()
        headers = {"Content-Type": "application/sdp"}
        url, offer = f"{self.box}/whip/main", peer.localDescription.sdp
        _, found, answer = await asyncio.to_thread(whep.request, "POST", url, offer, headers)
        answered = time.monotonic()
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        stands = await asyncio.wait_for(connected, LIMIT_S)
        while self.ear.heard_since is None and time.monotonic() - begun < LIMIT_S:
            await asyncio.sleep(0.002)
        heard = self.ear.heard_since or math.nan
        await asyncio.sleep(HELD_S)
        await asyncio.to_thread(whep.request, "DELETE", whep.urllib.parse.urljoin(self.box, found["Location"]))
        await peer.close()
        self.weigh(floor, begun, answered, stands, heard)

    def weigh(self, floor, begun, answered, stands, heard):
        sent, came = self.sent.decoded(), self.ear.packets.decoded()
        tones = (at for at, samples in came if at > begun and level(samples[1::2], RIGHT_HZ) > HEARD_PEAK)
        first_sent, first_came = sent[0][0] if sent else math.nan, next(tones, math.nan)
        steps = [begun - floor, answered - begun, stands - answered, first_sent - stands, first_came - first_sent]
        self.steps_ms = [1_000 * step for step in [*steps, heard - first_came, heard - begun]]
        self.added_ms = [1_000 * late for late in added(changes(sent), changes(came))]
        # The first moments are fades.
        pieces = [samples for at, samples in came if at > heard + 0.2 and len(samples) == 2 * FRAME]
        self.apart_db = [db for samples in pieces for db in apart(samples)]


STEPS = [
    "GET /health",
    "POST to 201",
    "201 to DTLS done",
    "to the sender's first packet",
    "to the listener's first of it",
    "to the listener's ear",
    "POST to sound",
]


def percentile(values, share):
    """The nearest of the values; no number if there is none."""
    values = sorted(value for value in values if not math.isnan(value))
    return values[min(len(values), max(1, math.ceil(share * len(values)))) - 1] if values else math.nan


def report(name, values, share, goal, unit="ms"):
    shown = "".join(f"  p{100 * at:.0f} {percentile(values, at):7.1f}" for at in (0.05, 0.5, 0.95))
    of_goal = "" if goal is None else f"  goal p{100 * share:.0f} {goal}: {percentile(values, share) / goal:.2f} of it"
    print(f"{name:>30}:{shown} {unit}, {sum(not math.isnan(value) for value in values):4}{of_goal}")


async def measure(box, tries):
    ear = Ear()
    await ear.open(f"{box}/whep/main")
    attempts = []
    for _ in range(tries):
        attempts.append(Attempt(box, ear))
        await attempts[-1].send()
    await ear.peer.close()
    columns = dict(zip(STEPS, zip(*(attempt.steps_ms for attempt in attempts))))
    goals = {"POST to 201": ANSWER_GOAL_MS, "POST to sound": SOUND_GOAL_MS}
    for name, values in columns.items():
        report(name, values, 0.95, goals.get(name))
    report("the box adds", [late for attempt in attempts for late in attempt.added_ms], 0.5, ADDED_GOAL_MS)
    report("sides apart", [db for attempt in attempts for db in attempt.apart_db], 0.05, APART_GOAL_DB, "dB")
    p95 = [percentile(columns[name], 0.95) for name in ("POST to 201", "GET /health")]
    print(f"POST to 201 is {p95[0] / p95[1]:.2f} times GET /health (p95); load of this machine: {os.getloadavg()[0]:.1f}")


def choose(box, source):
    """Lets the first channel play this."""
    whep.request("POST", f"{box}/api/party/source", json.dumps({"source": source}), {"Content-Type": "application/json"})


def main(work):
    """Does the work with the box and the tries of the command line, while the box's first channel plays senders."""
    box, tries = sys.argv[1].rstrip("/"), int(sys.argv[2])
    try:
        before = json.loads(whep.request("GET", f"{box}/api/party/status")[2])["source"]
        choose(box, "sender")
        try:
            asyncio.run(work(box, tries))
        finally:
            choose(box, before)
    except whep.Refused as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main(measure)
