//! The file that a card's owner edits on any computer: what it says holds on the box, its secrets are gone from the card
//! afterwards, and what is wrong in it is said beside it.

use tests::card::Card;

/// As Windows' editor saves it, with a mistake.
const EDITED: &str = "name = \"Fête\"\r\nwifi.country = \"Germany\"\r\nwifi.ssid = \"Garten\"\r\n\
                      wifi.passphrase = \"own words\" # ours\r\nwifi.portal = \"off\"\r\n";

/// The file and what is said beside it.
const FILE: &str = "partybox.toml";
const PROBLEMS: &str = "partybox-problems.txt";

#[test]
fn what_the_owner_edits_on_the_card_holds_and_its_secrets_are_gone_from_it_afterwards() {
    let Some(card) = Card::fresh("owner") else { return };
    let template = card.boot_file(FILE).expect("a template");
    assert!(String::from_utf8_lossy(&template).contains("#wifi.country = \"DE\"\r\n"));
    card.edit_boot_file(FILE, EDITED.as_bytes());
    card.pair_at_start();
    let mut running = card.boot();
    running.says("partybox: card: secrets are blanked");
    running.says("partybox: card: partybox-problems.txt says what is wrong");
    running.until_tells("/api/party/status", |status| status.contains("\"name\":\"Fête\""));
    let about = running.tells_host("/api/box").expect("a host");
    assert!(about.contains(r#""portal":"off""#) && about.contains(r#""key":"wifi.country""#), "{about}");
    // The plug is pulled: what was said to be written is.
    drop(running);
    let blanked = String::from_utf8(card.boot_file(FILE).expect("the file")).expect("a text");
    assert_eq!(blanked, EDITED.replace("\"own words\"", "\"\"         "));
    let problems = String::from_utf8(card.boot_file(PROBLEMS).expect("said")).expect("a text");
    assert!(problems.contains("line 2: wifi.country: ") && !problems.contains("own words"), "{problems}");

    // Mended: nothing is said any more, and the box starts by the same boot partition.
    card.edit_boot_file(FILE, blanked.replace("Germany", "DE").as_bytes());
    let mut running = card.boot();
    running.says("partybox: slot A, last resort 0");
    running.says("partybox: card: nothing is wrong any more");
    running.until_tells("/api/party/status", |status| status.contains("\"name\":\"Fête\""));
    let about = running.tells_host("/api/box").expect("still a host");
    assert!(about.contains(r#""card_problems":[]"#), "{about}");
    drop(running);
    let kept = String::from_utf8(card.get("/state/wifi")).expect("a text");
    assert!(kept.contains("ssid = \"Garten\"") && kept.contains("passphrase = \"own words\""), "{kept}");
    assert_eq!(card.boot_file(PROBLEMS), None, "nothing is wrong, and it is still said");
}
