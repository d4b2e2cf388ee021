//! What only one phone may know of a channel, as JSON: a part for its role, which all of that role share, and its own.
//!
//! What each role and each guest may see is the party's rule; here it is joined with the guest's name and with what
//! hosts are shown of the box.

use ::party::{PartyView, Role};
use base::GuestId;
use serde::Serialize;
use serde_json::{Value, json};

use super::about::repertoires;
use super::fields::Fields;
use super::render::call_by_name;
use crate::guests::Names;
use crate::panel::LineLevel;
use crate::status::{ChannelStatus, Snapshot};
use crate::track::TrackView;

/// Whose phone it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// What they may see.
    pub(crate) role: Role,
    /// As which guest the box knows them, if it does.
    pub(crate) guest: Option<GuestId>,
    /// The name they gave themselves.
    pub(crate) name: Option<String>,
}

/// Returns what all viewers of `role` may see of the channel of `status`.
pub(crate) fn of_role(snapshot: &Snapshot, status: &ChannelStatus, names: &Names, role: Role) -> Fields {
    let mut shown = json!(status.party.of_role(role));
    call_by_name(&mut shown, names);
    Fields::of(shown).with(Fields::of(json!(of_box(snapshot, role))))
}

/// What hosts are shown of the box.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct OfBox {
    line_level: Option<LineLevel>,
    channels_estimate: usize,
    repertoires: Value,
}

/// Returns what viewers of `role` are shown of the box.
pub(crate) fn of_box(snapshot: &Snapshot, role: Role) -> Option<OfBox> {
    let Snapshot { panel, channels_estimate, .. } = snapshot;
    (role == Role::Host).then(|| OfBox {
        line_level: panel.line_level,
        channels_estimate: *channels_estimate,
        repertoires: repertoires(snapshot),
    })
}

/// Returns what `viewer` may see, where `of_role` is what those of their role may.
pub(crate) fn you(of_role: &Fields, party: &PartyView<TrackView>, viewer: &Viewer) -> String {
    let mut own = json!(party.of_guest(viewer.guest));
    own["label"] = json!(viewer.guest);
    own["name"] = json!(viewer.name);
    Fields::of(own).join(of_role)
}
