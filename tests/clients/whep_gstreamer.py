"""A WHEP listener on GStreamer's webrtcbin (libnice, OpenSSL DTLS, libsrtp, libopus), with the certificate that it makes itself: RSA.

Usage: whep_gstreamer.py WHEP_URL SECONDS OUT.wav
Writes decoded sound (48 kHz, stereo, 16 bit) and prints one line of JSON. Does the WHEP exchange itself, because
the whepsrc element is not packaged everywhere. It does not reconnect.
"""

import json
import socket
import sys
import urllib.parse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import whep  # noqa: E402

NO_SOUND_LIMIT_S = 20


class Listener:
    def __init__(self, url, seconds, path):
        self.url, self.seconds, self.path = url, seconds, path
        self.session = None
        self.error = None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline.new("listener")
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        # libnice offers no loopback address by itself; this is the one by which the box is reached.
        # Kept, because the bindings take over the one reference that the element has.
        self.agent = self.peer.get_property("ice-agent")
        self.agent.emit("add-local-ip-address", own_address(url))
        self.pipeline.add(self.peer)
        opus = Gst.Caps.from_string(
            "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=96"
        )
        self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, opus)
        self.peer.connect("pad-added", self.play)
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.stop(str(message.parse_error())))

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, None))
        GLib.timeout_add_seconds(NO_SOUND_LIMIT_S, lambda: self.stop("no sound"))
        self.loop.run()
        deleted = None
        if self.session:
            try:
                deleted = whep.leave(self.session)
            except whep.Refused as refusal:
                self.error = self.error or str(refusal)
        self.pipeline.set_state(Gst.State.NULL)
        print(json.dumps({"deleted": deleted, "error": self.error}))
        return 1 if self.error else 0

    def stop(self, error=None):
        self.error = self.error or error
        self.loop.quit()
        return False

    def offered(self, promise, _):
        # The offer lives in the reply: without a reference to that, the bindings free it too early.
        self.reply = promise.get_reply()
        self.offer = self.reply.get_value("offer")
        self.peer.emit("set-local-description", self.offer, None)

    def gathered(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.exchange)

    def exchange(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        try:
            _, self.session, answer = whep.join(self.url, offer)
        except whep.Refused as refusal:
            return self.stop(str(refusal))
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", description, None)
        return False

    def play(self, _, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        chain = Gst.parse_bin_from_description(
            "rtpopusdepay ! opusdec use-inband-fec=true ! audioconvert ! audioresample "
            "! audio/x-raw,format=S16LE,rate=48000,channels=2 ! wavenc ! filesink name=file",
            True,
        )
        chain.get_by_name("file").set_property("location", self.path)
        self.pipeline.add(chain)
        chain.sync_state_with_parent()
        sink = chain.get_static_pad("sink")
        pad.link(sink)
        GLib.timeout_add(int(self.seconds * 1000), self.end, sink)

    def end(self, sink):
        # The end is sent into this chain, not the pipeline: the receiving end never runs dry by itself. It lets the
        # file's header be completed, which is done when the call returns.
        sink.send_event(Gst.Event.new_eos())
        return self.stop()


def own_address(url):
    """This machine's address on the way to the box."""
    box = urllib.parse.urlsplit(url)
    with socket.create_connection((box.hostname, box.port or 80), timeout=10) as way:
        return way.getsockname()[0]


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Listener(sys.argv[1], float(sys.argv[2]), sys.argv[3]).run())
