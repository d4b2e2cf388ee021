//! The words of pairing: who asks, who is host, and what can happen to them.

use std::fmt;
use std::net::IpAddr;

use base::Time;

/// What the box knows a phone by: the SHA-256 hash of the secret in its cookie. Comparing hashes may stop at the first
/// difference: nobody can choose a secret by what its hash begins with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// Two digits, 10 to 99, by which people tell phones apart. No secret, and no proof of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(u8);

impl Label {
    const MIN: u8 = 10;
    const COUNT: u8 = 90;

    /// The label `number`, if it has two digits.
    pub fn new(number: u8) -> Option<Self> {
        (Self::MIN..Self::MIN + Self::COUNT).contains(&number).then_some(Self(number))
    }

    /// As a number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The label that a key suggests.
    pub(super) fn of(key: &Key) -> Self {
        // Two bytes, so that all labels are about as likely.
        let wide = u16::from_le_bytes([key.0[0], key.0[1]]) % u16::from(Self::COUNT);
        Self(Self::MIN + wide as u8)
    }

    /// The label after this one, round and round.
    pub(super) fn next(self) -> Self {
        Self(Self::MIN + (self.0 - Self::MIN + 1) % Self::COUNT)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// What is known of a phone that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Where it asks from.
    pub address: IpAddr,
    /// Family of its browser, such as "Chrome"; empty if unknown.
    pub browser: String,
    /// Family of its system, such as "Android"; empty if unknown.
    pub system: String,
}

/// A phone that is host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Which host since the box exists: also tells who was paired before whom, without a clock that may be wrong.
    pub id: u64,
    /// The label it asked under.
    pub label: Label,
    /// Hash of its secret.
    pub key: Key,
    /// Family of its browser; empty if unknown.
    pub browser: String,
    /// Family of its system; empty if unknown.
    pub system: String,
}

/// How a phone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Neither host nor asking.
    Guest,
    /// It waits for a press.
    Asking {
        /// What the box may show.
        label: Label,
        /// How long it still waits, ms.
        remaining_ms: u64,
    },
    /// It is host.
    Host {
        /// Its number.
        id: u64,
        /// Its label.
        label: Label,
    },
    /// It asked, or was host, and is neither now.
    Ended(Why),
}

/// Why a phone no longer asks, or no longer is host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody pressed in time, or too late.
    Lapsed,
    /// More phones ask than there is room for, and its address asked most.
    Crowded,
    /// The same phone or address asked again.
    Replaced,
    /// Every place of a host is taken.
    Full,
    /// The phone took its request back.
    Aborted,
    /// A host removed it.
    Revoked,
    /// The box was told to forget all hosts.
    Forgotten,
}

/// Why a phone may not ask now. It may later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskError {
    /// This address asked too often.
    TooOften {
        /// When it may again, ms from now.
        retry_ms: u64,
    },
    /// Too many phones wait for a press.
    TooManyAsk {
        /// When the first of them gives up, ms from now.
        retry_ms: u64,
    },
    /// Every place of a host is taken: one must be removed first.
    HostsFull,
}

/// There is no host of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchHost;

/// What happened, for whoever stands at the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A phone asks; press now to pair it.
    Asked {
        /// Its label.
        label: Label,
        /// Where it asks from.
        from: IpAddr,
    },
    /// A phone is host now.
    Paired {
        /// Its label.
        label: Label,
        /// Where it asked from.
        from: IpAddr,
    },
    /// Pressed while nobody asked: whoever asks now needs another press.
    Opened,
    /// The same, after a request had just run out.
    Late {
        /// Whose.
        label: Label,
    },
    /// Nobody is waited for any more: pressed again, or nobody asked in time.
    Closed {
        /// Whether a press closed it.
        by_press: bool,
    },
    /// Pressed while several ask, or did a moment ago: this is the number of one of them, and another press makes it host.
    Shown {
        /// Its label.
        label: Label,
        /// Where it asks from.
        from: IpAddr,
        /// How many ask.
        asking: usize,
    },
    /// Pressed twice in impatience: the second press means nothing.
    SamePress,
    /// Every place of a host is taken: remove one, or hold the button to forget all.
    Full {
        /// Who would have been paired.
        label: Label,
    },
    /// Nobody pressed for a phone in time.
    Lapsed {
        /// Its label.
        label: Label,
        /// Where it asked from.
        from: IpAddr,
    },
    /// A phone took its request back.
    Aborted {
        /// Its label.
        label: Label,
        /// Where it asked from.
        from: IpAddr,
    },
    /// A phone asked again; its earlier request is void.
    Replaced {
        /// The label of the earlier request.
        label: Label,
        /// Where it asked from.
        from: IpAddr,
    },
    /// A phone's request is void: more ask than there is room for, and its address asked most.
    Crowded {
        /// Its label.
        label: Label,
        /// Where it asked from.
        from: IpAddr,
    },
    /// A phone may not ask now.
    Refused {
        /// Where it asks from.
        from: IpAddr,
        /// Why.
        why: AskError,
    },
    /// A host was removed.
    Revoked {
        /// Its label.
        label: Label,
    },
    /// The box has forgotten all hosts.
    Forgotten {
        /// How many there were.
        hosts: usize,
    },
}

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When, on the clock of whoever tells the time.
    pub at: Time,
    /// What.
    pub outcome: Outcome,
}

/// What the box may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Until when people are told to ask on the page, because somebody pressed while nobody did; `None` while they are not.
    pub open_until: Option<Time>,
    /// The phones that wait for a press, oldest first.
    pub asking: Vec<Label>,
    /// The number that another press would make host, where several ask.
    pub shown: Option<Label>,
    /// How many hosts there are.
    pub hosts: usize,
    /// What happened last.
    pub last: Option<Happened>,
}
