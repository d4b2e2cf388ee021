//! Rooms: circles of browsers that exchange sound among themselves. Who is in which, who is its DJ, and who may say what to whom.
//!
//! No sound and no message passes here: what is asked returns who is to be told what, and whether something may be relayed. A room
//! begins with its DJ, who offers sound to everybody else, and ends with its last participant. Where the DJ is lost the room stays;
//! whoever takes over first plays on. Random values come in: a number for the code, and the hash of a key by which a
//! participant who lost the network comes back as the one they were.
//!
//! ```
//! use hub::{Event, RoomLimits, Rooms, Signal};
//!
//! let mut rooms = Rooms::new(RoomLimits::default());
//! let ann = rooms.create("Ann", None, 7, [1; 32]).unwrap();
//! let bob = rooms.join(ann.code, "Bob", [2; 32], None).unwrap();
//! assert_eq!(bob.deliveries[0].to, ann.you);
//! assert!(rooms.may_relay(ann.you, bob.you, Signal::Offer).is_ok());
//! assert!(rooms.may_relay(bob.you, ann.you, Signal::Offer).is_err());
//! // The DJ is lost: everybody is told, and whoever takes over plays on.
//! let told = rooms.leave(ann.you);
//! assert!(matches!(&told[1].event, Event::DjLost { name, .. } if name == "Ann"));
//! rooms.take_over(bob.you).unwrap();
//! ```

pub(crate) mod code;
pub(crate) mod event;
pub(crate) mod participant;
pub(crate) mod refusal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::code::Code;
use self::event::{Delivery, Event};
use self::participant::{Participant, ParticipantId};
use self::refusal::RoomRefused;
use crate::text::shown;

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomLimits {
    /// Rooms at once.
    pub rooms_max: usize,
    /// Participants of a room, the DJ included. The DJ's browser encodes and sends for each of them, and where they are behind one
    /// access point each packet crosses the air twice.
    pub participants_max: usize,
}

impl Default for RoomLimits {
    /// As many as a phone sends to and the radio of a party bears beside the box's own sound.
    fn default() -> Self {
        Self { rooms_max: 16, participants_max: 16 }
    }
}

/// What participants say to each other, each to one other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The DJ offers sound.
    Offer,
    /// Somebody answers the DJ.
    Answer,
    /// The DJ or somebody else names an address, each to the other.
    Candidate,
}

/// Somebody has come into a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The room's code.
    pub code: Code,
    /// Who came.
    pub you: ParticipantId,
    /// Who plays; `None`: the DJ was lost.
    pub dj: Option<ParticipantId>,
    /// Everybody, in the order in which they came.
    pub participants: Vec<Participant>,
    /// What others are to be told.
    pub deliveries: Vec<Delivery>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    who: Participant,
    key: [u8; 32],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Room {
    members: Vec<Member>,
    dj: Option<ParticipantId>,
    /// The key of the DJ who was lost.
    lost: Option<[u8; 32]>,
}

impl Room {
    /// What everybody but `one` is to be told.
    fn tell_others(&self, one: ParticipantId, event: &Event) -> Vec<Delivery> {
        let others = self.members.iter().map(|member| member.who.id).filter(|id| *id != one);
        others.map(|to| Delivery { to, event: event.clone() }).collect()
    }

    /// `name`, with a number where somebody is called so.
    fn distinct(&self, name: &str) -> String {
        let is_taken = |wanted: &str| {
            let wanted = wanted.to_lowercase();
            self.members.iter().any(|member| member.who.name.to_lowercase() == wanted)
        };
        let numbered = (2..).map(|n| format!("{name} {n}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !is_taken(name)).expect("there are more numbers than participants")
    }

    fn has(&self, id: ParticipantId) -> bool {
        self.members.iter().any(|member| member.who.id == id)
    }

    fn participants(&self) -> Vec<Participant> {
        self.members.iter().map(|member| member.who.clone()).collect()
    }
}

/// All rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooms {
    limits: RoomLimits,
    rooms: BTreeMap<Code, Room>,
    places: BTreeMap<ParticipantId, Code>,
    last: u64,
}

impl Rooms {
    /// Returns no room, of which there may be so many.
    pub fn new(limits: RoomLimits) -> Self {
        Self { limits, rooms: BTreeMap::new(), places: BTreeMap::new(), last: 0 }
    }

    /// Returns how many rooms there are, and how many participants in all of them.
    pub fn count(&self) -> (usize, usize) {
        (self.rooms.len(), self.places.len())
    }

    /// Makes a room whose DJ is called `name`, under the code `wanted` if no room has it (a DJ comes back after the box began
    /// again, and people have that code), else under one made of the random number `drawn`.
    ///
    /// # Errors
    /// [`RoomRefused::NoName`], [`RoomRefused::TooManyRooms`].
    pub fn create(
        &mut self,
        name: &str,
        wanted: Option<Code>,
        drawn: u64,
        key: [u8; 32],
    ) -> Result<Entered, RoomRefused> {
        let name = shown(name).ok_or(RoomRefused::NoName)?;
        if self.rooms.len() >= self.limits.rooms_max {
            return Err(RoomRefused::TooManyRooms { max: self.limits.rooms_max });
        }
        let free = |code: &Code| !self.rooms.contains_key(code);
        let others = (0..).map(|n| Code::drawn(drawn.wrapping_add(n)));
        let code = wanted.into_iter().chain(others).find(free).expect("there are more codes than rooms");
        let you = self.next_id();
        let who = Participant { id: you, name };
        let room = Room { members: vec![Member { who: who.clone(), key }], dj: Some(you), lost: None };
        self.rooms.insert(code, room);
        self.places.insert(you, code);
        Ok(Entered { code, you, dj: Some(you), participants: vec![who], deliveries: Vec::new() })
    }

    /// Lets somebody called `name` into the room `code`. Who brings the key of a participant takes that one's place, whose
    /// connection was lost and whose end nobody has noticed yet; who brings that of the lost DJ is DJ again if nobody has taken
    /// over.
    ///
    /// # Errors
    /// [`RoomRefused::NoName`], [`RoomRefused::NoSuchRoom`], [`RoomRefused::RoomFull`].
    pub fn join(
        &mut self,
        code: Code,
        name: &str,
        key: [u8; 32],
        returning: Option<[u8; 32]>,
    ) -> Result<Entered, RoomRefused> {
        let name = shown(name).ok_or(RoomRefused::NoName)?;
        let max = self.limits.participants_max;
        let room = self.rooms.get_mut(&code).ok_or(RoomRefused::NoSuchRoom)?;
        let same = room.members.iter().position(|member| Some(member.key) == returning);
        if same.is_none() && room.members.len() >= max {
            return Err(RoomRefused::RoomFull { max });
        }
        self.last += 1;
        let you = ParticipantId(self.last);
        let mut deliveries = Vec::new();
        let mut plays = room.dj.is_none() && room.lost.is_some() && room.lost == returning;
        if let Some(old) = same.map(|at| room.members.remove(at).who.id) {
            self.places.remove(&old);
            deliveries.push(Delivery { to: old, event: Event::Replaced });
            deliveries.extend(room.tell_others(old, &Event::ParticipantLeft { id: old }));
            plays |= room.dj == Some(old);
        }
        let who = Participant { id: you, name: room.distinct(&name) };
        room.members.push(Member { who: who.clone(), key });
        self.places.insert(you, code);
        deliveries.extend(room.tell_others(you, &Event::ParticipantJoined { participant: who }));
        if plays {
            (room.dj, room.lost) = (Some(you), None);
            deliveries.extend(room.tell_others(you, &Event::DjChanged { dj: you }));
        }
        Ok(Entered { code, you, dj: room.dj, participants: room.participants(), deliveries })
    }

    /// Somebody leaves, or their connection has ended; whoever is in no room is none the worse.
    pub fn leave(&mut self, who: ParticipantId) -> Vec<Delivery> {
        let Some(code) = self.places.remove(&who) else { return Vec::new() };
        let room = self.rooms.get_mut(&code).expect("who has a place has a room");
        let at = room.members.iter().position(|member| member.who.id == who).expect("who has a place is a member");
        let gone = room.members.remove(at);
        if room.members.is_empty() {
            self.rooms.remove(&code);
            return Vec::new();
        }
        let mut deliveries = room.tell_others(who, &Event::ParticipantLeft { id: who });
        if room.dj == Some(who) {
            (room.dj, room.lost) = (None, Some(gone.key));
            deliveries.extend(room.tell_others(who, &Event::DjLost { id: who, name: gone.who.name }));
        }
        deliveries
    }

    /// The DJ makes somebody else DJ. Everybody is told, both of them included.
    ///
    /// # Errors
    /// [`RoomRefused::NotInARoom`], [`RoomRefused::NotTheDj`], [`RoomRefused::NoSuchParticipant`].
    pub fn hand_over(&mut self, who: ParticipantId, to: ParticipantId) -> Result<Vec<Delivery>, RoomRefused> {
        let room = self.room_of(who)?;
        if room.dj != Some(who) {
            return Err(RoomRefused::NotTheDj);
        }
        if to == who || !room.has(to) {
            return Err(RoomRefused::NoSuchParticipant);
        }
        Ok(begin_to_play(room, to))
    }

    /// Somebody becomes DJ of a room whose DJ was lost. Everybody is told.
    ///
    /// # Errors
    /// [`RoomRefused::NotInARoom`], [`RoomRefused::HasADj`]: somebody else was first.
    pub fn take_over(&mut self, who: ParticipantId) -> Result<Vec<Delivery>, RoomRefused> {
        let room = self.room_of(who)?;
        if room.dj.is_some() {
            return Err(RoomRefused::HasADj);
        }
        Ok(begin_to_play(room, who))
    }

    /// Returns whether `from` may say this to `to`: both are in one room, and one of them plays.
    ///
    /// # Errors
    /// [`RoomRefused::NotInARoom`], [`RoomRefused::NoSuchParticipant`], [`RoomRefused::NotTheDj`].
    pub fn may_relay(&self, from: ParticipantId, to: ParticipantId, signal: Signal) -> Result<(), RoomRefused> {
        let code = self.places.get(&from).ok_or(RoomRefused::NotInARoom)?;
        let room = self.rooms.get(code).filter(|room| from != to && room.has(to));
        let room = room.ok_or(RoomRefused::NoSuchParticipant)?;
        let (by_dj, to_dj) = (room.dj == Some(from), room.dj == Some(to));
        let may = match signal {
            Signal::Offer => by_dj,
            Signal::Answer => to_dj,
            Signal::Candidate => by_dj || to_dj,
        };
        if may { Ok(()) } else { Err(RoomRefused::NotTheDj) }
    }

    fn next_id(&mut self) -> ParticipantId {
        self.last += 1;
        ParticipantId(self.last)
    }

    fn room_of(&mut self, who: ParticipantId) -> Result<&mut Room, RoomRefused> {
        let code = self.places.get(&who).ok_or(RoomRefused::NotInARoom)?;
        self.rooms.get_mut(code).ok_or(RoomRefused::NotInARoom)
    }
}

fn begin_to_play(room: &mut Room, dj: ParticipantId) -> Vec<Delivery> {
    (room.dj, room.lost) = (Some(dj), None);
    let all = room.members.iter().map(|member| member.who.id);
    all.map(|to| Delivery { to, event: Event::DjChanged { dj } }).collect()
}
