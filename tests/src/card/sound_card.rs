//! A USB sound card with a line-in, at the far end of an emulator's USB socket.
//!
//! QEMU's own sound card only plays. Its `usb-redir` lets somebody else be the device, over a socket and usbredir's protocol
//! (`usbredirproto.h` 0.7): this is such a one, of USB Audio Class 1, full speed, 48 kHz, two channels of 16 bits. The
//! computer sees it through its own USB controller and its own driver.
//!
//! What comes in is a tone of whole kHz, so that each packet of a millisecond holds whole waves and all are equal: they are
//! sent faster than any computer takes them, the emulator drops what is too much, and the tone has no seam all the same.
//! What the computer takes is then given by its own clock alone, which is slower than this machine's.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::hear;
use crate::sound::prompt;

/// Peak of the tone: below the limiter.
const PEAK: f32 = 0.25;

/// Frames in a packet, which is a millisecond.
const FRAMES: usize = 48;

/// Packets that are sent for each millisecond of this machine's: half more than the computer can take.
const AHEAD: (u64, u64) = (3, 2);

/// Pause between two lots of packets. QEMU holds 60 to 120 back (`bufpq_target_size` in its `redirect.c`).
const PAUSE: Duration = Duration::from_millis(5);

/// Most packets that are sent in one lot: what the emulator holds.
const LOT: u64 = 120;

/// Kinds of messages.
mod kind {
    pub(super) const HELLO: u32 = 0;
    pub(super) const DEVICE_CONNECT: u32 = 1;
    pub(super) const RESET: u32 = 3;
    pub(super) const INTERFACE_INFO: u32 = 4;
    pub(super) const EP_INFO: u32 = 5;
    pub(super) const SET_CONFIGURATION: u32 = 6;
    pub(super) const GET_CONFIGURATION: u32 = 7;
    pub(super) const CONFIGURATION_STATUS: u32 = 8;
    pub(super) const SET_ALT_SETTING: u32 = 9;
    pub(super) const GET_ALT_SETTING: u32 = 10;
    pub(super) const ALT_SETTING_STATUS: u32 = 11;
    pub(super) const START_ISO_STREAM: u32 = 12;
    pub(super) const STOP_ISO_STREAM: u32 = 13;
    pub(super) const ISO_STREAM_STATUS: u32 = 14;
    pub(super) const CANCEL_DATA_PACKET: u32 = 21;
    pub(super) const CONTROL_PACKET: u32 = 100;
    pub(super) const ISO_PACKET: u32 = 102;
}

/// What is understood here of the protocol's choices: versions of devices, sizes of endpoints, long ids, long lengths. QEMU's
/// USB 3 controller refuses who does not (`usbredir_do_attach`).
const CAPABILITIES: u32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;

/// How a request went.
const SUCCESS: u8 = 0;
const STALL: u8 = 4;

/// The endpoint that sends sound, and its interface. That one sends in its second setting only.
const SOUND: u8 = 0x81;
const STREAMING: u8 = 1;

/// The product number that anybody may use for tests (pid.codes 1209:0001).
const VENDOR: u16 = 0x1209;
const PRODUCT: u16 = 0x0001;

/// What the device is (USB 1.1 section 9.6.1): full speed, one configuration, names by number only.
#[rustfmt::skip]
const DEVICE: [u8; 18] = [
    18, 1, 0x10, 0x01, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1,
];

/// What it can do (USB 1.1 section 9.6, USB Audio 1.0 section 4): a plug for a cable whose sound goes to the computer.
#[rustfmt::skip]
const CONFIGURATION: [u8; 100] = [
    9, 2, 100, 0, 2, 1, 0, 0x80, 50,
    // Control: an input terminal (line connector, left and right) and behind it an output terminal (USB).
    9, 4, 0, 0, 0, 1, 1, 0, 0,
    9, 0x24, 1, 0x00, 0x01, 30, 0, 1, STREAMING,
    12, 0x24, 2, 1, 0x03, 0x06, 0, 2, 3, 0, 0, 0,
    9, 0x24, 3, 2, 0x01, 0x01, 0, 1, 0,
    // Streaming: nothing at first; in its second setting 48,000 Hz of 16 bits in packets of at most 196 bytes each ms.
    9, 4, STREAMING, 0, 0, 1, 2, 0, 0,
    9, 4, STREAMING, 1, 1, 1, 2, 0, 0,
    7, 0x24, 1, 2, 1, 0x01, 0x00,
    11, 0x24, 2, 1, 2, 2, 16, 1, 0x80, 0xbb, 0x00,
    9, 5, SOUND, 0x05, PACKET_BYTES_MAX, 0, 1, 0, 0,
    7, 0x25, 1, 0, 0, 0, 0,
];

/// One frame more than there are, as a clock of its own may need.
const PACKET_BYTES_MAX: u8 = (FRAMES as u8 + 1) * 4;

/// One message without its head.
struct Message {
    kind: u32,
    id: u64,
    body: Vec<u8>,
}

/// The device for as long as the emulator is there.
pub(super) fn play(mut emulator: UnixStream, khz: u8) {
    let mut hello = b"a sound card".to_vec();
    hello.resize(64, 0);
    hello.extend(CAPABILITIES.to_le_bytes());
    // The two first messages have short ids.
    let head = [kind::HELLO, hello.len() as u32, 0].map(u32::to_le_bytes).concat();
    emulator.write_all(&[head, hello].concat()).expect("the emulator reads");
    let mut head = [0; 12];
    emulator.read_exact(&mut head).expect("the emulator says hello");
    let length = u32::from_le_bytes(head[4..8].try_into().expect("four bytes"));
    emulator.read_exact(&mut vec![0; length as usize]).expect("all of it");

    let sending = emulator.try_clone().expect("a socket can be shared");
    let device = Device { to: Mutex::new(sending), sends: AtomicBool::new(false), there: AtomicBool::new(true) };
    device.appear();
    thread::scope(|scope| {
        scope.spawn(|| device.send_sound(khz));
        let _end = End(&device.there);
        let mut settings = [0; 2];
        while let Some(message) = next(&mut emulator) {
            device.answer(&message, &mut settings);
        }
    });
}

/// Says that there is no emulator any more, however it came about.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The next message, or none once the emulator is gone.
fn next(emulator: &mut UnixStream) -> Option<Message> {
    let mut head = [0; 16];
    emulator.read_exact(&mut head).ok()?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
    let mut body = vec![0; number(4) as usize];
    emulator.read_exact(&mut body).ok()?;
    Some(Message { kind: number(0), id: u64::from(number(8)) | u64::from(number(12)) << 32, body })
}

struct Device {
    to: Mutex<UnixStream>,
    /// Whether the computer wants sound.
    sends: AtomicBool,
    /// Whether there is an emulator.
    there: AtomicBool,
}

impl Device {
    fn appear(&self) {
        let mut interfaces = 2_u32.to_le_bytes().to_vec();
        // Numbers, classes (audio), subclasses (control, streaming), protocols; room for 32 each.
        for pair in [[0, STREAMING], [1, 1], [1, 2], [0, 0]] {
            interfaces.extend(pair);
            interfaces.resize(interfaces.len() + 30, 0);
        }
        self.tell(kind::INTERFACE_INFO, 0, &interfaces);
        self.tell_endpoints(0);
        // Full speed, no class of its own, version 1.0.
        let mut connect = vec![1, 0, 0, 0];
        connect.extend([VENDOR, PRODUCT, 0x0100].map(u16::to_le_bytes).concat());
        self.tell(kind::DEVICE_CONNECT, 0, &connect);
    }

    /// Which endpoints there are while streaming has this setting: 0 to 15 receive, 16 to 31 send.
    fn tell_endpoints(&self, setting: u8) {
        const NONE: u8 = 255;
        let (mut kinds, mut intervals, mut interfaces, mut sizes) = ([NONE; 32], [0; 32], [0; 32], [0_u16; 32]);
        for control in [0, 16] {
            (kinds[control], sizes[control]) = (0, 64);
        }
        if setting == 1 {
            let at = usize::from(16 + (SOUND & 15));
            (kinds[at], intervals[at], interfaces[at], sizes[at]) = (1, 1, STREAMING, u16::from(PACKET_BYTES_MAX));
        }
        let sizes = sizes.map(u16::to_le_bytes).concat();
        self.tell(kind::EP_INFO, 0, &[&kinds[..], &intervals, &interfaces, &sizes].concat());
    }

    /// Does what the computer wants. `settings` are those of both interfaces.
    ///
    /// # Panics
    /// When it is nothing that a sound card can do.
    fn answer(&self, message: &Message, settings: &mut [u8; 2]) {
        let (id, body) = (message.id, &message.body[..]);
        match (message.kind, body) {
            (kind::SET_CONFIGURATION | kind::GET_CONFIGURATION, _) => {
                self.tell_endpoints(0);
                self.tell(kind::CONFIGURATION_STATUS, id, &[SUCCESS, 1]);
            }
            (kind::SET_ALT_SETTING, &[interface @ 0..=1, setting]) => {
                settings[usize::from(interface)] = setting;
                self.tell_endpoints(settings[usize::from(STREAMING)]);
                self.tell(kind::ALT_SETTING_STATUS, id, &[SUCCESS, interface, setting]);
            }
            (kind::GET_ALT_SETTING, &[interface @ 0..=1]) => {
                let setting = settings[usize::from(interface)];
                self.tell(kind::ALT_SETTING_STATUS, id, &[SUCCESS, interface, setting]);
            }
            (kind::START_ISO_STREAM, &[SOUND, ..]) => {
                self.tell(kind::ISO_STREAM_STATUS, id, &[SUCCESS, SOUND]);
                self.sends.store(true, Ordering::Relaxed);
            }
            (kind::STOP_ISO_STREAM, &[SOUND]) => {
                self.sends.store(false, Ordering::Relaxed);
                self.tell(kind::ISO_STREAM_STATUS, id, &[SUCCESS, SOUND]);
            }
            (kind::CONTROL_PACKET, _) => self.control(id, body),
            (kind::RESET | kind::CANCEL_DATA_PACKET, _) => {}
            (other, _) => panic!("the computer wants {other} of a sound card: {body:?}"),
        }
    }

    /// Answers a request (USB 1.1 section 9.4): descriptors are given, there is nothing to be set.
    fn control(&self, id: u64, body: &[u8]) {
        let &[endpoint, request, about, _, number, descriptor, index, index_high, wanted, wanted_high, ..] = body
        else {
            panic!("the computer's request has {} bytes", body.len());
        };
        let found: Option<&[u8]> = match (about, request, descriptor) {
            (0x80, 6, 1) => Some(&DEVICE),
            (0x80, 6, 2) => Some(&CONFIGURATION),
            // Of the device's state: it is fed by the bus.
            (0x80, 0, _) => Some(&[0, 0]),
            _ => None,
        };
        let status = if found.is_some() { SUCCESS } else { STALL };
        let wanted = usize::from(u16::from_le_bytes([wanted, wanted_high]));
        let data = found.map_or(&[][..], |data| &data[..data.len().min(wanted)]);
        let mut answer = vec![endpoint, request, about, status, number, descriptor, index, index_high];
        answer.extend((data.len() as u16).to_le_bytes());
        answer.extend(data);
        self.tell(kind::CONTROL_PACKET, id, &answer);
    }

    /// Sends the tone whenever the computer wants it.
    fn send_sound(&self, khz: u8) {
        let tone = hear::sine(f64::from(khz) * 1e3, PEAK, 48_000, FRAMES);
        let frame = |sample: &f32| [((sample * 32_767.0) as i16).to_le_bytes(); 2].concat();
        let samples: Vec<u8> = tone.iter().flat_map(frame).collect();
        let mut packet = vec![SOUND, SUCCESS];
        packet.extend((samples.len() as u16).to_le_bytes());
        packet.extend(samples);
        // A busy machine would else let the emulator run out of packets, as no sound card does.
        prompt::this_thread();
        let (mut begun, mut sent) = (Instant::now(), 0);
        while self.there.load(Ordering::Relaxed) {
            thread::park_timeout(PAUSE);
            if !self.sends.load(Ordering::Relaxed) {
                (begun, sent) = (Instant::now(), 0);
                continue;
            }
            let due = begun.elapsed().as_millis() as u64 * AHEAD.0 / AHEAD.1;
            (0..(due - sent).min(LOT)).for_each(|_| self.tell(kind::ISO_PACKET, 0, &packet));
            sent = due;
        }
    }

    /// Says something, unless nobody is there any more.
    fn tell(&self, kind: u32, id: u64, body: &[u8]) {
        let message = [&kind.to_le_bytes()[..], &(body.len() as u32).to_le_bytes(), &id.to_le_bytes(), body].concat();
        let told = self.to.lock().expect("nobody panics while telling").write_all(&message);
        let pulled =
            |error: &std::io::Error| [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind());
        assert!(told.as_ref().err().is_none_or(pulled), "the emulator does not listen: {told:?}");
    }
}
