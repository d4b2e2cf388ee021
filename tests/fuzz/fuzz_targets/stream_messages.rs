//! Any bytes on a connection for streams, behind the request that opened it; and as one message.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::web::Web;

thread_local! {
    static WEB: RefCell<Web> = RefCell::new(Web::new());
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        // What is read is one of the messages, and what is not says so in a few words.
        if let Err(wrong) = web::http::read_message(text) {
            assert!(wrong.to_string().len() < 1_000, "{wrong}");
        }
    }
    WEB.with_borrow_mut(|web| web.streams(bytes));
});
