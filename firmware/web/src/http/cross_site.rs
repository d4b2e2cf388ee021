//! Requests that a page from elsewhere makes in a guest's browser, though all they do is ask: they would take places and time from
//! people at the party.
//!
//! What changes something is checked more strictly by the guard. A person who follows a link from elsewhere is welcome. A browser
//! says where a request comes from by `Sec-Fetch-Site`, but over plain HTTP only to the machine that it runs on; then `Origin`
//! and `Referer` tell, where they are sent. Programs send none of them.

use axum::http::{HeaderMap, StatusCode, Uri, header};

use super::refusal::Refusal;

/// Refuses what a page from elsewhere asks for. `host` is the name by which the box was addressed, and `is_own` says whether a
/// page of an origin is one of the box's.
///
/// # Errors
/// The refusal, with the header that shows it.
pub(super) fn check(headers: &HeaderMap, host: &str, is_own: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let refuse = |field, value: &str| {
        let detail = "Another page may not ask for this; open the page of the box itself.";
        Err(Refusal::new(StatusCode::FORBIDDEN, detail).code("foreign").field(field, value, host).closing())
    };
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        // Somebody follows a link, and sees what it leads to.
        Some(_) if (text("sec-fetch-mode"), text("sec-fetch-dest")) == (Some("navigate"), Some("document")) => {
            return Ok(());
        }
        Some(site) => return refuse("Sec-Fetch-Site", site),
        None => {}
    }
    for (field, name) in [("Origin", header::ORIGIN), ("Referer", header::REFERER)] {
        if let Some(from) = text(name.as_str()).filter(|from| !origin(from).is_some_and(|origin| is_own(&origin))) {
            return refuse(field, from);
        }
    }
    Ok(())
}

/// Returns the origin of a page by its address.
fn origin(page: &str) -> Option<String> {
    let page = page.parse::<Uri>().ok()?;
    // A name before the host is no part of where the page is.
    let authority = page.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some(format!("{}://{authority}", page.scheme()?))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn may(lines: &[(&'static str, &str)]) -> bool {
        let line = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        let own = "10.77.0.1:8080";
        check(&lines.iter().map(line).collect(), own, |page| page == format!("http://{own}")).is_ok()
    }

    #[test]
    fn programs_own_pages_and_people_who_follow_a_link_may_and_foreign_pages_may_not() {
        let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        for lines in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &link,
            &[("origin", "http://10.77.0.1:8080")],
            &[("referer", "http://10.77.0.1:8080/host?x=1")],
        ] {
            assert!(may(lines), "{lines:?}");
        }
        for lines in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "audio")],
            &[link[0], link[1], ("sec-fetch-dest", "iframe")],
            &[("origin", "http://evil.example")],
            &[("origin", "null")],
            &[("referer", "http://evil.example/10.77.0.1:8080")],
            &[("referer", "http://10.77.0.1:8080@evil.example/")],
            &[("referer", "http://10.77.0.1/")],
        ] {
            assert!(!may(lines), "{lines:?}");
        }
    }
}
