//! The rule about what the pages may fetch: nothing but the box itself.

use super::Breach;
use super::repository::Source;

/// Names that look like addresses but are never fetched: XML name spaces.
const NAME_SPACES: [&str; 2] = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"];

/// How an address of another machine starts, in mark-up, style sheets and scripts.
const STARTS: [&str; 10] =
    ["http://", "https://", "ws://", "wss://", "\"//", "'//", "=//", "url(//", "`//", "@import \"http"];

/// Extensions of what a browser reads.
pub const WEB_EXTENSIONS: [&str; 8] = ["html", "css", "js", "mjs", "svg", "json", "webmanifest", "txt"];

/// Lines with the address of another machine.
pub fn external_addresses(source: &Source) -> Vec<Breach> {
    let is_external = |line: &str| {
        let without = NAME_SPACES.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
        STARTS
            .iter()
            .any(|start| without.match_indices(start).any(|(at, _)| names_a_host(&without[at + start.len()..])))
    };
    let lines = source.text.lines().enumerate().filter(|(_, line)| is_external(line));
    lines
        .map(|(index, _)| Breach::of_line(&source.path, index, "nothing is fetched from anywhere but the box"))
        .collect()
}

/// Whether `rest` goes on with a host: `${location.host}/x` and a bare `//` do not.
fn names_a_host(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
}

/// Mark-up that runs script outside a module file (inline handlers and inline script), which the page's policy forbids.
pub fn inline_script(source: &Source) -> Vec<Breach> {
    let lower = source.text.to_ascii_lowercase();
    let inline = |line: &str| {
        let handler = [" onclick=", " onload=", " onerror=", " onchange=", " oninput=", "javascript:"];
        let script =
            line.split("<script").skip(1).any(|rest| !rest.split('>').next().unwrap_or_default().contains("src="));
        script || handler.iter().any(|word| line.contains(word))
    };
    let lines = lower.lines().enumerate().filter(|(_, line)| inline(line));
    lines.map(|(index, _)| Breach::of_line(&source.path, index, "script lives in module files")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Source {
        Source::made_up("webui/guest.html", text)
    }

    #[test]
    fn an_address_of_another_machine_is_found() {
        for line in [
            "<script src=\"https://cdn.example/x.js\"></script>",
            "<img src=//cdn.example/x.png>",
            "background: url(//cdn.example/x.png)",
            "new WebSocket('ws://example/x')",
        ] {
            assert_eq!(external_addresses(&page(line)).len(), 1, "{line}");
        }
    }

    #[test]
    fn the_box_itself_comments_and_name_spaces_are_not_external() {
        for line in
            ["<script src=\"/js/a.js\">", "// a comment", "xmlns=\"http://www.w3.org/2000/svg\"", "`ws://${host}/x`"]
        {
            assert!(external_addresses(&page(line)).is_empty(), "{line}");
        }
    }

    #[test]
    fn inline_script_is_found() {
        assert_eq!(inline_script(&page("<script>alert(1)</script>")).len(), 1);
        assert_eq!(inline_script(&page("<p onclick=\"x()\">")).len(), 1);
        assert!(inline_script(&page("<script type=\"module\" src=\"/js/a.js\"></script>")).is_empty());
    }
}
