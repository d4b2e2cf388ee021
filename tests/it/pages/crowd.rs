//! Two hundred guests who vote at random, while a host works on the page: everything arrives.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use tests::browser::Options;
use tests::crowd::Follower;
use tests::dice::Dice;

use super::PATIENCE;
use super::host::{party, until};

/// Guests at the party.
const GUESTS: u16 = 200;

/// How often each of them votes or takes a vote back.
const VOTES_EACH: usize = 10;

/// Counts how late the page's own clock rings: what a finger on the page would have to wait.
const WATCH_LAG: &str = "window.lags = [];
let due = performance.now() + 50;
window.lagTimer = setInterval(() => {
  const now = performance.now();
  window.lags.push(Math.max(0, now - due));
  due = now + 50;
}, 50);";

/// The median, the 95th percentile and the highest of some numbers.
fn spread(mut numbers: Vec<f64>) -> (f64, f64, f64) {
    numbers.sort_by(f64::total_cmp);
    let at = |share: f64| numbers.get((numbers.len() as f64 * share) as usize).copied().unwrap_or_default();
    (at(0.5), at(0.95), numbers.last().copied().unwrap_or_default())
}

#[test]
fn two_hundred_guests_vote_at_random_and_the_hosts_page_shows_every_vote() {
    let Some(party) = party() else { return };
    party.enqueue(&["Amber Lights", "Blaue Stunde", "Cómo Vuela el Tiempo", "Dust and Neon", "Evergreen"]);
    let address = party.running.address;
    let status =
        ureq::get(party.running.url("/api/party/status")).call().expect("an answer").body_mut().read_json::<Value>();
    let order = status.expect("JSON")["queue"]["order"].clone();
    let items: Vec<u64> = order.as_array().expect("an order").iter().filter_map(Value::as_u64).collect();
    let host = party.host(&Options::default());
    host.browser.wait_for("document.querySelectorAll('#queue li').length === 5", PATIENCE).expect("the queue");
    host.browser.run(WATCH_LAG).expect("watched");

    let mut dice = Dice::for_test("two hundred guests");
    // Each guest has a thread and follows the party, too, as its page would.
    let guests: Vec<_> = (0..GUESTS)
        .map(|number| {
            let items = items.clone();
            let mut dice = Dice::seeded(dice.number());
            let mut phone = party.phone(number);
            std::thread::spawn(move || {
                let mut follower = Follower::of(&phone).expect("it follows");
                let mut votes = BTreeMap::new();
                for _ in 0..VOTES_EACH {
                    let item = items[dice.below(items.len() as u64) as usize];
                    let method = if dice.chance(0.3) { "DELETE" } else { "PUT" };
                    let answer = phone.ask(method, &format!("/api/queue/{item}/vote"), None);
                    assert!(answer.status < 300, "{method}: {answer:?}");
                    votes.insert(item, method == "PUT");
                    follower.hear().expect("it still follows");
                }
                (votes, follower)
            })
        })
        .collect();

    // Meanwhile the host works: how long each move takes from the key to the box's word for it.
    let mut moves = Vec::new();
    while guests.iter().any(|guest| !guest.is_finished()) {
        let begun = Instant::now();
        let first = "return document.querySelector('#queue li').dataset.key";
        let key = host.browser.run(first).expect("a row");
        let key = key.as_str().expect("a number").to_owned();
        host.browser.press(&format!("#queue li[data-key='{key}'] .grip"), "\u{e010}").expect("the end key");
        until(|| {
            let mut answer = ureq::get(format!("http://{address}/api/party/status")).call().expect("an answer");
            let status: Value = answer.body_mut().read_json().expect("JSON");
            status["queue"]["order"]
                .as_array()
                .and_then(|order| order.last())
                .is_some_and(|last| *last == json!(key.parse::<u64>().unwrap()))
        });
        moves.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let mut sums: BTreeMap<u64, usize> = items.iter().map(|item| (*item, 0)).collect();
    let mut followers = Vec::new();
    for guest in guests {
        let (votes, follower) = guest.join().expect("a guest without a fault");
        for (item, _) in votes.into_iter().filter(|(_, voted)| *voted) {
            *sums.entry(item).or_default() += 1;
        }
        followers.push(follower);
    }
    for (item, votes) in &sums {
        let row = format!("document.querySelector('#queue li[data-key=\"{item}\"] .votes').textContent");
        let wanted = if *votes == 0 { String::new() } else { votes.to_string() };
        host.browser.wait_for(&format!("{row} === '{wanted}'"), PATIENCE).expect("every vote");
    }
    let lags = host.browser.run("clearInterval(window.lagTimer); return window.lags").expect("lags");
    let lags = lags.as_array().expect("numbers").iter().filter_map(Value::as_f64).collect::<Vec<_>>();
    let count = moves.len();
    println!("page lag, ms (median, 95 %, highest): {:.0?} of {} looks", spread(lags.clone()), lags.len());
    println!("a move, key to box, ms (median, 95 %, highest): {:.0?} of {count}", spread(moves));
    let begun = Instant::now();
    host.tap("#toggle").expect("a tap");
    for follower in &mut followers {
        assert!(follower.until("\"playing\":false", PATIENCE), "every guest is told of the pause");
    }
    println!("{GUESTS} guests were told of a pause within {:?}", begun.elapsed());
    assert!(count > 0, "the host did something meanwhile");
}
