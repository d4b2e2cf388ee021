//! What a host may see and choose of the box itself: radio, power, update, and how its own network behaves.

use appliance::config::{Cable, Portal, Which};
use appliance::facts::Facts;
use appliance::handle::{Refused, Request};
use appliance::rules::{Change, Origins};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::ask::parse_json;
use super::call::Call;
use super::refusal::{Refusal, no_such_setting, not_kept, unavailable};
use super::signaling::ask;

/// What the cable leads to, by its names in the API.
const CABLES: [(&str, Cable); 2] = [("house", Cable::House), ("guests", Cable::Guests)];

/// What phones are answered, by its names in the API.
const PORTALS: [(&str, Portal); 3] = [("quiet", Portal::Quiet), ("sign-in", Portal::SignIn), ("off", Portal::Off)];

#[derive(Serialize)]
struct NetworkView {
    portal: &'static str,
    forward: bool,
    cable: &'static str,
    origins: Origins,
    /// What each would be without a host's word.
    below: RulesView,
}

#[derive(Serialize)]
struct RulesView {
    portal: &'static str,
    forward: bool,
    cable: &'static str,
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    network: Option<NetworkView>,
    address: String,
    uptime_s: u64,
}

/// `GET /api/box`.
pub(super) fn about(call: &Call) -> Response {
    let facts = call.server.app.appliance.facts.borrow().clone();
    let network = facts.network.as_ref().map(|network| NetworkView {
        portal: name(&PORTALS, network.portal),
        forward: network.forward,
        cable: name(&CABLES, network.cable),
        origins: network.origins,
        below: RulesView {
            portal: name(&PORTALS, network.below.rules.portal),
            forward: network.below.rules.forward,
            cable: name(&CABLES, network.below.rules.cable),
        },
    });
    let uptime_s = call.server.started.elapsed().as_secs();
    let view = View { facts: &facts, network, address: call.ends.local.ip().to_string(), uptime_s };
    let json = serde_json::to_string(&view).expect("a view holds only strings and numbers");
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkBody {
    portal: Option<String>,
    forward: Option<bool>,
    cable: Option<String>,
}

/// `PUT /api/box/network` with any of `{"portal":"quiet","forward":false,"cable":"house"}`.
pub(super) async fn set_network(call: Call) -> Result<Response, Refusal> {
    let allowed = r#"any of {"portal":"quiet|sign-in|off","forward":true|false,"cable":"house|guests"}"#;
    let body: NetworkBody = parse_json(&call.body, allowed)?;
    let change = Change {
        portal: named(&PORTALS, "portal", body.portal)?,
        forward: body.forward,
        cable: named(&CABLES, "cable", body.cable)?,
    };
    let queue = &call.server.app.appliance.requests;
    done(ask(queue, |reply| Request::SetNetwork { change, back: Which::default(), reply }).await)
}

/// `DELETE /api/box/network/{rule}`: takes a host's word back, so that the rule is what the files say.
pub(super) async fn unset_network(call: Call) -> Result<Response, Refusal> {
    let back = Which::named(call.param("rule")).ok_or_else(no_such_setting)?;
    let queue = &call.server.app.appliance.requests;
    done(ask(queue, |reply| Request::SetNetwork { change: Change::default(), back, reply }).await)
}

/// What phones are answered, as the API calls it.
pub(super) fn portal_name(portal: Portal) -> &'static str {
    name(&PORTALS, portal)
}

/// What the cable leads to, as the API calls it.
pub(super) fn cable_name(cable: Cable) -> &'static str {
    name(&CABLES, cable)
}

/// What `value` is called.
fn name<T: PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

/// What the text of the field `field` names, if it is there.
fn named<T: Copy>(names: &[(&str, T)], field: &'static str, text: Option<String>) -> Result<Option<T>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let found = names.iter().find(|(known, _)| *known == text);
    let allowed = || names.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
    let refused = || Refusal::new(StatusCode::BAD_REQUEST, "There is no such way.").field(field, &text, allowed());
    Ok(Some(found.ok_or_else(refused)?.1))
}

/// `POST /api/update/stick`: copies the update that lies on a stick to the inbox.
pub(super) async fn copy_from_stick(call: Call) -> Result<Response, Refusal> {
    done(ask(&call.server.app.appliance.requests, |reply| Request::CopyFromStick { reply }).await)
}

/// `POST /api/update/restart`: begins with the new version.
pub(super) async fn restart(call: Call) -> Result<Response, Refusal> {
    done(ask(&call.server.app.appliance.requests, |reply| Request::Restart { reply }).await)
}

/// `POST /api/box/anew`: erases what the box kept and cannot read any more.
pub(super) async fn erase_storage(call: Call) -> Result<Response, Refusal> {
    done(ask(&call.server.app.appliance.requests, |reply| Request::EraseStorage { reply }).await)
}

/// The answer for what was asked; `None` counts as being busy.
fn done(outcome: Option<Result<(), Refused>>) -> Result<Response, Refusal> {
    match outcome {
        Some(Ok(())) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(Err(Refused { code: "not-kept", .. })) => Err(not_kept()),
        Some(Err(Refused { code, why })) => Err(Refusal::new(StatusCode::CONFLICT, why).code(code)),
        None => Err(unavailable()),
    }
}
