//! PCM in, packets out: everything that touches samples.
//!
//! The straight line through this room is `capture`/`decode` → [`source::Source`]s and decks → `mixer` → `limiter` →
//! `encode` → [`base::PacketSink`]s. It knows nothing of phones, HTTP or party rules. Without features only the plain values
//! remain ([`pcm`], [`deck`]).
//!
//! One [`pump`] per channel makes a block every 10 ms on the box's one timeline. One [`mod@line`] feeds all of them. Both are
//! steps with a loop around them: told the time they do not wait, so that a test needs no thread and no clock. From a sound
//! card (here a simulated one) to packets:
//!
//! ```
//! use audio::encode::{Opus, OpusConfig, Profile};
//! use audio::mixer::{Decibels, MixPlan};
//! use audio::sim::{Card, CardPace, Collector};
//! use audio::{capture::Format, line, pump};
//! use base::{Time, Timeline};
//!
//! let format = Format { rate_hz: 44_100, period_frames: 441 };
//! let card = Card::new(format, 50.0, CardPace::Virtual, |n| [(n as f32 * 0.06).sin() * 0.5; 2]);
//! let (mut feeder, source) = line::pair(Box::new(card.clone()));
//! let plan = MixPlan::default().with_source(0, Decibels::UNITY);
//! let opus = Opus::new(Profile::Default, OpusConfig::default())?;
//! let (timeline, phone) = (Timeline::starting_at(Time::ZERO), Collector::default());
//! let first = timeline.next_packet_start(Time::ZERO);
//! let (line, sink) = (Box::new(source.tap()?), Box::new(phone.clone()));
//! let (mut pump, _controls, _plans) = pump::new(timeline, first, plan, vec![line], vec![Box::new(opus)], vec![sink]);
//! // On the box `line::run` and `pump::run` do this, each on a thread of its own and on the real clock.
//! for now in (0..1_000).map(|ms| Time::from_micros(ms * 1_000)) {
//!     card.set_now(now);
//!     feeder.step(&mut || now);
//!     pump.step(now);
//! }
//! // The phone wants every duration: 50 packets of 20 ms, 25 of 40 ms and 16 of 60 ms.
//! assert_eq!(phone.collected().packets.len(), 50 + 25 + 16);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod audible;
#[cfg(feature = "pump")]
pub mod capture;
#[cfg(feature = "pump")]
pub mod clock;
pub mod coded;
pub mod deck;
#[cfg(feature = "symphonia")]
pub mod decode;
#[cfg(feature = "pump")]
pub mod drift;
pub mod encode;
#[cfg(feature = "pump")]
pub mod gauge;
#[cfg(feature = "pump")]
pub mod limiter;
#[cfg(feature = "pump")]
pub mod line;
#[cfg(feature = "symphonia")]
pub mod loudness;
#[cfg(feature = "pump")]
pub mod meter;
#[cfg(feature = "pump")]
pub mod mixer;
pub mod pcm;
#[cfg(feature = "pump")]
pub mod pump;
#[cfg(feature = "symphonia")]
pub mod resample;
#[cfg(all(feature = "pump", feature = "symphonia"))]
pub mod sender;
#[cfg(feature = "pump")]
pub mod sim;
#[cfg(feature = "pump")]
pub mod sinks;
#[cfg(feature = "pump")]
pub mod source;
#[cfg(feature = "pump")]
pub mod spectrum;
#[cfg(feature = "pump")]
pub mod status;
#[cfg(feature = "pump")]
pub mod tap;
#[cfg(feature = "pump")]
pub mod thread;
