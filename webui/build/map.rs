//! Writes source maps (ECMA-426): for each line of a joined file the module and the line it comes from, so that an error in a
//! browser's log names what people edit.

/// A line of a joined file, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// What is served.
    pub(crate) text: String,
    /// The module, by its place in the list of sources.
    pub(crate) source: usize,
    /// The line there, from 1.
    pub(crate) line: usize,
    /// The column there, from 0.
    pub(crate) column: usize,
}

/// Returns the map of a file whose first `head` lines come from nowhere.
pub(crate) fn source_map(file: &str, sources: &[&str], head: usize, lines: &[Line]) -> String {
    let mut mappings = ";".repeat(head);
    let mut before = [0_i64; 3];
    for line in lines {
        let at = [line.source as i64, line.line as i64 - 1, line.column as i64];
        // One segment: this file's column, then what changed in source, line and column.
        digits(0, &mut mappings);
        for (now, before) in at.iter().zip(before) {
            digits(now - before, &mut mappings);
        }
        mappings.push(';');
        before = at;
    }
    let sources: Vec<String> = sources.iter().map(|source| format!("\"../{source}\"")).collect();
    format!(
        "{{\"version\":3,\"file\":\"{file}\",\"sources\":[{}],\"names\":[],\"mappings\":\"{mappings}\"}}\n",
        sources.join(",")
    )
}

/// A number as source maps have it: base 64, five bits a digit, the lowest first, the sign in the lowest bit.
fn digits(value: i64, written: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = value.unsigned_abs() << 1 | u64::from(value < 0);
    loop {
        let more = rest >> 5 != 0;
        let digit = (rest & 31) | if more { 32 } else { 0 };
        written.push(char::from(DIGITS[digit as usize]));
        rest >>= 5;
        if !more {
            return;
        }
    }
}
