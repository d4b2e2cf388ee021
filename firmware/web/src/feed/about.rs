//! What hosts may know of the channels as such: what they play by themselves, and who may ask for what.

use serde_json::{Map, Value, json};

use crate::status::{ChannelStatus, Snapshot};

/// Returns what a host may know of the channel of `status` as such.
pub(crate) fn about_channel(status: &ChannelStatus) -> Value {
    let channel = &status.channel;
    json!({
        "id": channel.id,
        "name": channel.name,
        "color": channel.color.id(),
        "repertoire": channel.repertoire,
        "repertoire_lost": status.repertoire_lost,
        "own_only": status.party.everybody.settings.own_only,
    })
}

/// Returns what the channels play by themselves, by their ids.
pub(crate) fn repertoires(snapshot: &Snapshot) -> Value {
    let picked = ["repertoire", "repertoire_lost", "own_only"];
    let of = |about: Value| picked.into_iter().map(|key| (key.to_owned(), about[key].clone())).collect::<Map<_, _>>();
    let channels =
        snapshot.channels.iter().map(|status| (status.channel.id.to_string(), of(about_channel(status)).into()));
    Value::Object(channels.collect())
}
