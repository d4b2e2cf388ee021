//! Rules about the pages: they fetch nothing but from the box itself, and modules offer nothing that nobody takes.

use super::repository::Source;
use super::{Breach, code};

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

/// Exports that no other of these modules names.
pub fn unused_exports(modules: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for module in modules {
        for (index, line) in module.text.lines().enumerate() {
            let Some(name) = exported(line) else { continue };
            let others = modules.iter().filter(|other| other.path != module.path);
            if !others.flat_map(|other| other.text.lines()).any(|line| code::has_word(line, name)) {
                breaches.push(Breach::of_line(&module.path, index, format!("nobody imports `{name}`")));
            }
        }
    }
    breaches
}

/// The name that a line exports, if it does.
fn exported(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("export ")?;
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let rest =
        ["const ", "let ", "function* ", "function ", "class "].iter().find_map(|kind| rest.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().filter(|name| !name.is_empty())
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

    #[test]
    fn an_export_that_nobody_imports_is_found() {
        let module = |name: &str, text: &str| Source::made_up(&format!("webui/js/{name}.js"), text);
        let api =
            module("api", "export const play = 1;\nexport async function read() { play(); }\nexport class Edge {}\n");
        let user = module("user", "import { read, Edge } from './api.js';\nconst replay = read;");
        let breaches = unused_exports(&[api, user]);
        assert_eq!(breaches.len(), 1, "{breaches:?}");
        assert!(breaches[0].place.ends_with("api.js:1") && breaches[0].what.contains("`play`"));
    }
}
