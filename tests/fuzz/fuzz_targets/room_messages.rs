//! Any messages of a page on a connection to the rooms, one a line.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::web::Web;

thread_local! {
    static WEB: RefCell<Web> = RefCell::new(Web::new());
}

fuzz_target!(|bytes: &[u8]| WEB.with_borrow_mut(|web| web.room(bytes)));
