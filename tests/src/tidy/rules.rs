//! The rules about single files.

use super::Breach;
use super::code::{has_word, only};
use super::repository::Source;

/// Most lines in a file (DESIGN section 3).
pub const LINES_MAX: usize = 400;

/// A file opens by saying what it is for.
pub fn head(source: &Source) -> Option<Breach> {
    let opens = source.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12);
    (!opens).then(|| Breach::of_file(&source.path, "open with `//!`: what it is for and what it does not do"))
}

/// A file is not too long, unless it is in `allowed` with at least as many lines.
pub fn size(source: &Source, allowed: &[(&str, usize, &str)]) -> Option<Breach> {
    let lines = source.text.lines().count();
    let limit = allowed.iter().find(|(path, ..)| *path == source.path).map_or(LINES_MAX, |(_, limit, _)| *limit);
    (lines > limit).then(|| Breach::of_file(&source.path, format!("{lines} lines, at most {limit}: split it")))
}

/// Exceptions shrink: one that is larger than needed, or for a file that is gone, must be taken back.
pub fn stale_sizes(sources: &[Source], allowed: &[(&str, usize, &str)]) -> Vec<Breach> {
    let stale = |(path, limit, _): &&(&str, usize, &str)| {
        let lines = sources.iter().find(|source| source.path == *path).map_or(0, |source| source.text.lines().count());
        lines < *limit
    };
    allowed.iter().filter(stale).map(|(path, ..)| Breach::of_file(path, "lower or remove its exception")).collect()
}

/// Lines of code that name the crate `name` (`use name…`, `name::…`, `extern crate name`).
///
/// In a file that declares a module of the same name the word means the module.
pub fn lines_naming_crate(source: &Source, name: &str) -> Vec<usize> {
    let code = only(&source.text);
    let is_module = code.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")));
    let names = |line: &str| {
        let qualified = |at: usize| line[..at].ends_with("::") && line[..at].len() > 2 && !line[..at].ends_with(" ::");
        line.match_indices(name).any(|(at, _)| {
            let rest = &line[at + name.len()..];
            let used = rest.starts_with("::") && !is_module;
            let imported = ["use ", "extern crate "].iter().any(|word| line[..at].ends_with(word))
                && rest.starts_with([':', ';', ' '])
                && !is_module;
            has_word(&line[at.saturating_sub(1)..], name) && !qualified(at) && (used || imported)
        })
    };
    code.lines().enumerate().filter(|(_, line)| line.is_ascii() && names(line)).map(|(index, _)| index).collect()
}

/// A device crate is named in its adapters only.
pub fn adapter(source: &Source, name: &str, adapters: &[&str]) -> Vec<Breach> {
    if adapters.iter().any(|adapter| source.path.starts_with(adapter)) {
        return Vec::new();
    }
    let what = format!("`{name}` may be named in {adapters:?} only");
    lines_naming_crate(source, name).into_iter().map(|line| Breach::of_line(&source.path, line, &what)).collect()
}

/// No `unsafe` outside the files of `allowed`, and no file of `allowed` without it.
pub fn unsafe_code(source: &Source, allowed: &[(&str, &str)]) -> Vec<Breach> {
    let word = ["un", "safe"].concat();
    let code = only(&source.text);
    let lines: Vec<usize> =
        code.lines().enumerate().filter(|(_, line)| has_word(line, &word)).map(|(index, _)| index).collect();
    if !allowed.iter().any(|(path, _)| *path == source.path) {
        return lines.into_iter().map(|line| Breach::of_line(&source.path, line, "not in this file")).collect();
    }
    let needless = lines.is_empty().then(|| Breach::of_file(&source.path, "needs no exception any more"));
    needless.into_iter().collect()
}

/// What a line of code may not contain, and what to do instead. Split, so that this table does not break itself.
const BANNED_CODE: [(&str, &str, &str); 8] = [
    ("to", "do!", "finish it or leave it out"),
    ("unimple", "mented!", "finish it or leave it out"),
    ("db", "g!", "log through `log`"),
    ("#[ig", "nore", "a test that cannot run here prints why"),
    ("should", "_panic", "compare the error"),
    ("Box<dyn Er", "ror", "a small enum of this room"),
    ("Box<dyn std::error::Er", "ror", "a small enum of this room"),
    ("std::thread::sl", "eep_ms", "the condition, with a limit"),
];

/// Parts of names that say nothing.
const BANNED_NAMES: [(&str, &str); 3] = [("Mana", "ger"), ("Hel", "per"), ("Ut", "il")];

/// No banned macro, attribute or name in the code.
pub fn banned_words(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, line) in only(&source.text).lines().enumerate() {
        for (start, end, instead) in BANNED_CODE {
            if line.contains(&[start, end].concat()) {
                breaches.push(Breach::of_line(&source.path, index, format!("`{start}{end}`: {instead}")));
            }
        }
        for (start, end) in BANNED_NAMES {
            let word = [start, end].concat();
            // A name of ours is one we declare; a crate's own names may be used.
            let declares = ["struct ", "enum ", "trait ", "type "].iter().any(|kind| {
                line.split(kind).skip(1).any(|rest| {
                    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    name.contains(&word)
                })
            });
            let module = has_word(line, &format!("mod {}", word.to_lowercase()))
                || has_word(line, &format!("mod {}s", word.to_lowercase()));
            if declares || module {
                breaches.push(Breach::of_line(&source.path, index, format!("`{word}` says nothing: name its role")));
            }
        }
    }
    breaches
}

/// Lines of code that contain one of `phrases`, with what is said about it.
pub fn phrases(source: &Source, phrases: &[&str], what: &str) -> Vec<Breach> {
    let code = only(&source.text);
    let lines = code.lines().enumerate().filter(|(_, line)| phrases.iter().any(|phrase| line.contains(phrase)));
    lines.map(|(index, _)| Breach::of_line(&source.path, index, what)).collect()
}

/// What lets a thread or a task wait for time.
const PAUSES: [&str; 4] = ["thread::sleep", "park_timeout", "time::sleep(", "sleep_until("];

/// Tests wait for conditions, not for time: no pause in them outside the files of `allowed`, and no file of `allowed`
/// without one. Tests are whole files or the `mod tests` at the end of one.
pub fn pauses(source: &Source, allowed: &[(&str, &str)]) -> Vec<Breach> {
    let is_test = ["tests/", "benches/"]
        .iter()
        .any(|folder| source.path.starts_with(folder) || source.path.contains(&format!("/{folder}")))
        || source.path.ends_with("/tests.rs");
    let begins =
        |text: &str| text.find("#[cfg(test)]\nmod tests {").map_or(usize::MAX, |at| text[..at].lines().count());
    let first = if is_test { 0 } else { begins(&source.text) };
    let code = only(&source.text);
    let lines = code.lines().enumerate().skip(first);
    let lines: Vec<usize> =
        lines.filter(|(_, line)| PAUSES.iter().any(|pause| line.contains(pause))).map(|(index, _)| index).collect();
    if !allowed.iter().any(|(path, _)| *path == source.path) {
        let what = "wait on the condition, with a limit (tests/src/wait.rs)";
        return lines.into_iter().map(|line| Breach::of_line(&source.path, line, what)).collect();
    }
    let needless = lines.is_empty().then(|| Breach::of_file(&source.path, "needs no exception any more"));
    needless.into_iter().collect()
}

/// No path of a developer's machine and no address of a package registry, in any text.
pub fn places(source: &Source) -> Vec<Breach> {
    const PLACES: [(&str, &str); 7] = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/home/us", "er"),
        ("index.cra", "tes.io"),
        ("static.cra", "tes.io"),
        ("py", "pi.org"),
        ("registry.np", "mjs"),
    ];
    let mut breaches = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for (start, end) in PLACES {
            if line.contains(&[start, end].concat()) {
                breaches.push(Breach::of_line(&source.path, index, format!("`{start}{end}` belongs to one machine")));
            }
        }
    }
    breaches
}

/// Every Rust file is declared as a module somewhere, or is a root that Cargo knows.
pub fn orphans(sources: &[Source]) -> Vec<Breach> {
    let is_root = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        ["lib.rs", "main.rs", "build.rs"].contains(&name)
            || path.contains("/benches/")
            || path.contains("/fuzz_targets/")
            || path.contains("/bin/")
            || path.contains("/examples/")
            // Cargo compiles each file directly in a room's `tests/` as a program of its own.
            || path.rsplit_once('/').is_some_and(|(folder, _)| folder.starts_with("firmware/") && folder.ends_with("/tests"))
                && path.split('/').count() == 4
    };
    let declared = |path: &str| {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (folder, name) = match file.strip_suffix(".rs") {
            Some("mod") | None => folder.rsplit_once('/').unwrap_or(("", folder)),
            Some(stem) => (folder, stem),
        };
        let parents = [
            format!("{folder}/lib.rs"),
            format!("{folder}/main.rs"),
            format!("{folder}/mod.rs"),
            format!("{folder}.rs"),
        ];
        sources
            .iter()
            .any(|source| parents.contains(&source.path) && has_word(&only(&source.text), &format!("mod {name}")))
    };
    let lost = sources.iter().filter(|source| !is_root(&source.path) && !declared(&source.path));
    lost.map(|source| Breach::of_file(&source.path, "no `mod` names this file: nothing compiles it")).collect()
}

#[cfg(test)]
mod tests;
