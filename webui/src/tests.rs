//! What every page must keep to, checked on the embedded bytes themselves.

use super::find;

#[test]
fn the_guest_page_is_found_at_the_root() {
    let page = find("/").expect("a guest page");
    assert!(page.mime.starts_with("text/html"));
    assert!(find("/nothing-here").is_none());
}
