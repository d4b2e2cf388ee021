//! What a listener's or a sender's offer asks for, and what is wrong with it; and what we offer. An answer to that is read like an
//! offer, because it says the same of its peer.

use sdp_types::{Attribute, Media, Session};

use super::{BYTES_MAX, CANDIDATES_MAX, LINES_MAX, SECTIONS_MAX, TOKEN_BYTES_MAX};
use crate::api::OfferError;
use crate::dtls::{Fingerprint, Named, Unnamed};

/// A media section as the answer has to repeat it.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(super) kind: String,
    pub(super) protocol: String,
    pub(super) formats: String,
    pub(super) mid: Option<String>,
}

/// What a peer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Receives sound, and sends none.
    Listens,
    /// Sends sound, and receives none.
    Sends {
        /// Whether an offer of video beside it is refused as a whole.
        only_sound: bool,
    },
}

/// An offer that can be answered.
#[derive(Clone, Debug)]
pub(crate) struct AudioOffer {
    /// All sections in order; the answer accepts one and refuses the others.
    pub(super) sections: Vec<Section>,
    /// Which one carries the sound.
    pub(super) audio: usize,
    pub(super) bundled: bool,
    pub(super) reduced_size: bool,
    pub(super) nack: bool,
    /// Payload type of Opus in this offer.
    pub(crate) payload_type: u8,
    /// The peer's user name fragment and password: a change of them asks for a restart.
    pub(crate) ufrag: String,
    pub(crate) password: String,
    /// Fingerprint of the peer's certificate.
    pub(crate) fingerprint: Named,
    /// Whether we begin the DTLS handshake.
    pub(crate) dtls_client: bool,
    /// Longest packet that a listener takes, in milliseconds.
    pub(crate) packet_ms_max: u32,
}

fn malformed(text: impl Into<String>) -> OfferError {
    OfferError::Malformed(text.into())
}

fn unacceptable(text: impl Into<String>) -> OfferError {
    OfferError::NotAcceptable(text.into())
}

/// Payload type of Opus in our own offers: the one that browsers use.
const OUR_PAYLOAD_TYPE: u8 = 111;

/// Longest packet that we offer, in milliseconds.
const OUR_PACKET_MS_MAX: u32 = 60;

impl AudioOffer {
    /// Returns the one section that we offer to whoever waits for an offer; nothing is known of the peer yet.
    pub(crate) fn ours() -> Self {
        let section = Section {
            kind: "audio".to_owned(),
            protocol: "UDP/TLS/RTP/SAVPF".to_owned(),
            formats: OUR_PAYLOAD_TYPE.to_string(),
            mid: Some("0".to_owned()),
        };
        Self {
            sections: vec![section],
            audio: 0,
            bundled: true,
            reduced_size: true,
            nack: true,
            payload_type: OUR_PAYLOAD_TYPE,
            ufrag: String::new(),
            password: String::new(),
            fingerprint: Fingerprint::default().into(),
            dtls_client: false,
            packet_ms_max: OUR_PACKET_MS_MAX,
        }
    }

    /// Reads `sdp`.
    ///
    /// # Errors
    /// Says what is missing or too much, for whoever wrote the client.
    pub(crate) fn parse(sdp: &str, peer: Peer) -> Result<Self, OfferError> {
        let session = read(sdp)?;
        let audio = find_audio(&session)?;
        let media = &session.medias[audio];
        let look = Lookup { session: &session, media };
        let payload_type = opus_payload_type(media)
            .ok_or_else(|| unacceptable("the audio section offers no `opus/48000/2`; the box speaks nothing else"))?;
        check_direction(&look, peer)?;
        check_sections(&session, audio, peer)?;
        if !media.has_attribute("rtcp-mux") {
            return Err(unacceptable("the audio section lacks `a=rtcp-mux`; the box has one port for RTP and RTCP"));
        }
        let section = |media: &Media| -> Result<Section, OfferError> {
            let mid = media.get_first_attribute_value("mid").flatten();
            let mid = mid.map(|mid| token("mid", mid)).transpose()?;
            let formats = token("list of formats", &media.fmt)?;
            Ok(Section { kind: media.media.clone(), protocol: media.proto.clone(), formats, mid })
        };
        Ok(Self {
            sections: session.medias.iter().map(section).collect::<Result<_, _>>()?,
            audio,
            bundled: values(&session.attributes, "group").any(|group| group.starts_with("BUNDLE")),
            reduced_size: media.has_attribute("rtcp-rsize"),
            nack: offers_nack(media, payload_type),
            payload_type,
            ufrag: token("ice-ufrag", look.required("ice-ufrag")?)?,
            password: token("ice-pwd", look.required("ice-pwd")?)?,
            fingerprint: fingerprint(&look)?,
            dtls_client: setup(&look)?,
            packet_ms_max: look.get("maxptime").and_then(|ms| ms.trim().parse().ok()).unwrap_or(u32::MAX),
        })
    }
}

fn read(sdp: &str) -> Result<Session, OfferError> {
    if sdp.len() > BYTES_MAX {
        return Err(malformed(format!("the offer has {} bytes; at most {BYTES_MAX} are read", sdp.len())));
    }
    let lines = sdp.lines().count();
    if lines > LINES_MAX {
        return Err(malformed(format!("the offer has {lines} lines; at most {LINES_MAX} are read")));
    }
    let session = Session::parse(sdp.as_bytes()).map_err(|e| malformed(format!("the offer is not SDP: {e}")))?;
    if session.medias.len() > SECTIONS_MAX {
        let count = session.medias.len();
        return Err(malformed(format!("the offer has {count} media sections; at most {SECTIONS_MAX} are read")));
    }
    let candidates = session.medias.iter().map(|media| values(&media.attributes, "candidate").count()).sum::<usize>();
    if candidates > CANDIDATES_MAX {
        return Err(malformed(format!("the offer has {candidates} candidates; at most {CANDIDATES_MAX} are read")));
    }
    Ok(session)
}

fn find_audio(session: &Session) -> Result<usize, OfferError> {
    // Port 0 means refused, unless the section is bundled only (RFC 9143 section 6).
    let offered = |media: &Media| media.media == "audio" && (media.port != 0 || media.has_attribute("bundle-only"));
    let at = session.medias.iter().position(offered);
    let at = at.ok_or_else(|| unacceptable("the offer has no audio section (`m=audio`)"))?;
    let protocol = &session.medias[at].proto;
    // The TLS part is often left out; the fingerprint says it too.
    if !protocol.ends_with("RTP/SAVPF") {
        let text = format!("the audio section's protocol is `{protocol}`; the box speaks `UDP/TLS/RTP/SAVPF`");
        return Err(unacceptable(text));
    }
    Ok(at)
}

/// Attributes of the audio section, and of the session where a section may inherit them.
struct Lookup<'a> {
    session: &'a Session,
    media: &'a Media,
}

impl<'a> Lookup<'a> {
    fn all(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        values(&self.media.attributes, name).chain(values(&self.session.attributes, name))
    }

    fn get(&self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    fn required(&self, name: &'a str) -> Result<&'a str, OfferError> {
        self.get(name).ok_or_else(|| malformed(format!("the audio section lacks `a={name}`")))
    }
}

fn values<'a>(attributes: &'a [Attribute], name: &'a str) -> impl Iterator<Item = &'a str> {
    let named = attributes.iter().filter(move |attribute| attribute.attribute.eq_ignore_ascii_case(name));
    named.map(|attribute| attribute.value.as_deref().unwrap_or_default())
}

fn token(name: &str, value: &str) -> Result<String, OfferError> {
    let clean = !value.is_empty() && value.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    if !clean || value.len() > TOKEN_BYTES_MAX {
        return Err(malformed(format!("`{name}` is empty, longer than {TOKEN_BYTES_MAX} bytes or not plain ASCII")));
    }
    Ok(value.to_owned())
}

fn opus_payload_type(media: &Media) -> Option<u8> {
    let formats: Vec<u8> = media.fmt.split(' ').filter_map(|format| format.parse().ok()).collect();
    let is_opus = |map: &str| {
        let (number, codec) = map.split_once(' ')?;
        let number = number.parse::<u8>().ok().filter(|number| *number < 128 && formats.contains(number))?;
        codec.trim().eq_ignore_ascii_case("opus/48000/2").then_some(number)
    };
    values(&media.attributes, "rtpmap").find_map(is_opus)
}

fn offers_nack(media: &Media, payload_type: u8) -> bool {
    let (all, one) = ("* nack".to_owned(), format!("{payload_type} nack"));
    values(&media.attributes, "rtcp-fb").any(|feedback| feedback == all || feedback == one)
}

fn check_direction(look: &Lookup<'_>, peer: Peer) -> Result<(), OfferError> {
    let says = |name: &str, attributes: &[Attribute]| attributes.iter().any(|a| a.attribute == name);
    let named = ["recvonly", "sendrecv", "sendonly", "inactive"];
    let of = |attributes| named.into_iter().find(|name| says(name, attributes));
    let (wrong, who, right) = match peer {
        Peer::Listens => ("sendonly", "a listener", "recvonly"),
        Peer::Sends { .. } => ("recvonly", "a sender", "sendonly"),
    };
    let direction = of(&look.media.attributes).or_else(|| of(&look.session.attributes));
    match direction.filter(|direction| *direction == wrong || *direction == "inactive") {
        Some(direction) => Err(unacceptable(format!("the audio section is `a={direction}`; {who} offers `a={right}`"))),
        None => Ok(()),
    }
}

/// Whoever sends has one audio section (RFC 9725 section 4.2): of a second one nothing would be heard.
fn check_sections(session: &Session, audio: usize, peer: Peer) -> Result<(), OfferError> {
    let Peer::Sends { only_sound } = peer else { return Ok(()) };
    let mut others = session.medias.iter().enumerate().filter(|(at, media)| *at != audio && media.port != 0);
    match others.find(|(_, media)| media.media == "audio" || only_sound) {
        Some((_, media)) if media.media == "audio" => {
            Err(unacceptable("the offer has more than one audio section; the box hears one"))
        }
        Some((_, media)) => {
            let kind = token("kind of media", &media.media)?;
            Err(unacceptable(format!("the offer has a section of {kind}, and the box is set to refuse all but sound")))
        }
        None => Ok(()),
    }
}

fn fingerprint(look: &Lookup<'_>) -> Result<Named, OfferError> {
    look.required("fingerprint")?;
    let values: Vec<&str> = look.all("fingerprint").collect();
    Named::read(values.into_iter()).map_err(|unnamed| match unnamed {
        Unnamed::Unknown => {
            unacceptable("the only fingerprints are none of `sha-256`, `sha-384`, `sha-512`, `sha-224` and `sha-1`")
        }
        Unnamed::Malformed { hash, bytes } => {
            malformed(format!("`a=fingerprint:{hash}` is not {bytes} pairs of hexadecimal digits"))
        }
    })
}

/// Whether we are the client (RFC 8842 section 5.3): we wait where the peer leaves the choice.
fn setup(look: &Lookup<'_>) -> Result<bool, OfferError> {
    match look.required("setup")?.trim() {
        "actpass" | "active" => Ok(false),
        "passive" => Ok(true),
        other => Err(malformed(format!("`a=setup:{}` is none of actpass, active, passive", token("setup", other)?))),
    }
}
