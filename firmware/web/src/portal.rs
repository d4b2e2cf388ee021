//! What phones ask to find out whether a network leads to the internet, and what the box says when it is that network.
//!
//! A pure table. Most systems are content with the right words and then use the network without a question; Android is
//! not, because it also wants an answer over TLS that no box without internet can give. So it can be given two answers
//! ([`Portal`]), or none. The box's DNS points the names at one address of its own; only there are they answered.

use appliance::config::Portal;

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 with this media type and these words.
    Words(&'static str, &'static str),
    /// 204.
    NoContent,
    /// 302 to our page.
    Page,
}

const HTML: &str = "text/html";
const TEXT: &str = "text/plain";

/// What Apple's devices look for.
const APPLE: Answer = Answer::Words(HTML, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>");

/// What Android expects; see [`answer`] for what else it may get.
const ANDROID: Answer = Answer::NoContent;

/// Name, path, and what means "online". From AOSP's NetworkStack (`res/values/config.xml`) with its makers' variants,
/// Apple's CaptiveNetworkSupport, Windows' NCSI, Firefox and NetworkManager.
const PROBES: [(&str, &str, Answer); 21] = [
    ("captive.apple.com", "/hotspot-detect.html", APPLE),
    ("captive.apple.com", "/", APPLE),
    ("www.apple.com", "/library/test/success.html", APPLE),
    ("connectivitycheck.gstatic.com", "/generate_204", ANDROID),
    ("www.google.com", "/generate_204", ANDROID),
    ("www.google.com", "/gen_204", ANDROID),
    ("play.googleapis.com", "/generate_204", ANDROID),
    ("connectivitycheck.gstatic.cn", "/generate_204", ANDROID),
    ("www.googleapis.cn", "/generate_204", ANDROID),
    ("clients1.google.com", "/generate_204", ANDROID),
    ("clients3.google.com", "/generate_204", ANDROID),
    ("connectivitycheck.android.com", "/generate_204", ANDROID),
    ("connectivitycheck.samsung.com", "/generate_204", ANDROID),
    ("connect.rom.miui.com", "/generate_204", ANDROID),
    ("connectivitycheck.platform.hicloud.com", "/generate_204", ANDROID),
    ("wifi.vivo.com.cn", "/generate_204", ANDROID),
    ("www.msftconnecttest.com", "/connecttest.txt", Answer::Words(TEXT, "Microsoft Connect Test")),
    ("www.msftncsi.com", "/ncsi.txt", Answer::Words(TEXT, "Microsoft NCSI")),
    ("detectportal.firefox.com", "/success.txt", Answer::Words(TEXT, "success\n")),
    (
        "detectportal.firefox.com",
        "/canonical.html",
        Answer::Words(
            HTML,
            "<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>",
        ),
    ),
    ("nmcheck.gnome.org", "/check_network_status.txt", Answer::Words(TEXT, "NetworkManager is online\n")),
];

/// Every name, for DNS; some come twice, one after the other.
pub fn names() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    PROBES.iter().map(|(name, _, _)| *name).filter(move |name| std::mem::replace(&mut last, name) != *name)
}

/// What a phone that asks for this is told. `has_read`: whether its owner has seen our page. `None` if that is no probe,
/// or is not to be answered.
pub fn answer(host: &str, path: &str, portal: Portal, has_read: bool) -> Option<Answer> {
    let (_, _, online) = PROBES.iter().find(|(name, at, _)| name.eq_ignore_ascii_case(host) && *at == path)?;
    match portal {
        Portal::Off => None,
        Portal::SignIn if *online == ANDROID && !has_read => Some(Answer::Page),
        Portal::Quiet | Portal::SignIn => Some(*online),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_systems_question_has_the_answer_that_it_wants() {
        let words = |host, path| match answer(host, path, Portal::Quiet, false) {
            Some(Answer::Words(_, words)) => words,
            other => panic!("{host}{path}: {other:?}"),
        };
        assert!(words("captive.apple.com", "/hotspot-detect.html").contains("<BODY>Success</BODY>"));
        assert_eq!(words("www.msftconnecttest.com", "/connecttest.txt"), "Microsoft Connect Test");
        assert_eq!(words("detectportal.firefox.com", "/success.txt").trim(), "success");
        assert_eq!(words("nmcheck.gnome.org", "/check_network_status.txt").trim(), "NetworkManager is online");
        assert_eq!(answer("CONNECTIVITYCHECK.gstatic.com", "/generate_204", Portal::Quiet, false), Some(ANDROID));
    }

    #[test]
    fn android_has_three_cases_and_the_others_two() {
        let (android, apple) = (("www.google.com", "/gen_204"), ("captive.apple.com", "/hotspot-detect.html"));
        for (portal, has_read, for_android, for_apple) in [
            (Portal::Quiet, false, Some(Answer::NoContent), Some(APPLE)),
            (Portal::SignIn, false, Some(Answer::Page), Some(APPLE)),
            (Portal::SignIn, true, Some(Answer::NoContent), Some(APPLE)),
            (Portal::Off, false, None, None),
        ] {
            assert_eq!(answer(android.0, android.1, portal, has_read), for_android, "{portal:?} {has_read}");
            assert_eq!(answer(apple.0, apple.1, portal, has_read), for_apple, "{portal:?} {has_read}");
        }
    }

    #[test]
    fn what_is_no_probe_is_not_answered() {
        for (host, path) in [("evil.example", "/generate_204"), ("www.google.com", "/"), ("", ""), ("10.77.0.1", "/")] {
            assert_eq!(answer(host, path, Portal::Quiet, false), None, "{host}{path}");
        }
    }

    #[test]
    fn every_name_is_told_to_dns_once() {
        let mut all: Vec<&str> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{all:?}");
        assert!(PROBES.iter().all(|(name, _, _)| all.contains(name)));
    }
}
