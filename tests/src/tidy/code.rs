//! Separates Rust code from its comments and literals, so that rules about code do not trip over prose.
//!
//! This is not a Rust lexer: it knows comments, string, byte, raw string and character literals, and nothing else.

/// `text` with every comment and the inside of every literal replaced by spaces; line breaks stay where they are.
pub fn only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| raw_string(rest, previous)).or_else(|| quoted(rest));
        match skipped {
            Some(length) => {
                out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                rest = &rest[length..];
                previous = ' ';
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                previous = first;
            }
        }
    }
    out
}

/// Bytes of the comment at the start of `rest`.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let mut depth = 0_usize;
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    Some(rest.len())
}

/// Bytes of the raw string at the start of `rest`; `previous` tells `r"` from the end of an identifier.
fn raw_string(rest: &str, previous: char) -> Option<usize> {
    if previous.is_alphanumeric() || previous == '_' {
        return None;
    }
    let after_r = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after_r.bytes().take_while(|b| *b == b'#').count();
    let body = after_r[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closing = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(rest.len() - body.len() + closing)
}

/// Bytes of the string or character literal at the start of `rest`; a lifetime is not one.
fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let body = &rest[1..];
    if quote == '\'' {
        let mut letters = body.chars();
        let first = letters.next()?;
        if first != '\\' && letters.next() != Some('\'') {
            return None;
        }
    }
    let mut escaped = false;
    for (at, letter) in body.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some(1 + at + letter.len_utf8()),
            _ => {}
        }
    }
    Some(rest.len())
}

/// Whether `word` occurs in `line` with no identifier character on either side.
pub fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        let code =
            only("let a = \"unsafe \\\" x\"; // unsafe\nlet b = 'u'; /* unsafe /* deep */ */ unsafe { r#\"x\"# }");
        assert_eq!(code.matches("unsafe").count(), 1);
        assert_eq!(code.lines().count(), 2);
        assert!(code.contains("let b ="));
    }

    #[test]
    fn a_lifetime_is_not_a_literal() {
        assert_eq!(only("fn f<'a>(x: &'a str) -> &'a str { x }"), "fn f<'a>(x: &'a str) -> &'a str { x }");
    }

    #[test]
    fn an_escaped_quote_does_not_end_a_character() {
        assert_eq!(only(r"['\'', '\\', 'x'] unsafe").trim_start_matches([' ', '[', ',', ']']), "unsafe");
    }

    #[test]
    fn words_are_whole_words() {
        assert!(has_word("opus::Encoder", "opus"));
        assert!(!has_word("libopus::Encoder", "opus"));
        assert!(!has_word("opus_frames", "opus"));
    }
}
