//! Circles between the files of a room: what two files need of each other lies in a third below both.
//!
//! Imports and paths are read as text. A path leads to the file of the longest module that it names; a name that another
//! file only passes on (`pub use`) leads to where it comes from. What a file needs of its own parts (`x.rs` of `x/…`) does
//! not count: a part that needs its whole does.

use std::collections::{BTreeMap, BTreeSet};

use super::Breach;
use super::code;
use super::repository::Source;

/// The way to a module from the root of its room, such as `["http", "call"]`.
type Module = Vec<String>;

/// What one file says about others.
#[derive(Debug, Default)]
struct File {
    path: String,
    /// Every name that is imported, with the path it stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// Every path that is named, imports included.
    paths: Vec<Vec<String>>,
}

/// How many names are followed that are only passed on.
const PASSED_ON_MAX: usize = 8;

/// The circles among the files below `folder` (`firmware/party/src/`), each reported once.
pub fn check(folder: &str, sources: &[Source]) -> Vec<Breach> {
    let files: BTreeMap<Module, File> =
        sources.iter().filter_map(|source| Some((module(source.path.strip_prefix(folder)?)?, read(source)))).collect();
    let needs: BTreeMap<&Module, BTreeSet<&Module>> =
        files.keys().map(|module| (module, needed(module, &files))).collect();
    let mut seen: BTreeSet<&Module> = BTreeSet::new();
    let mut breaches = Vec::new();
    for module in files.keys() {
        let ahead = reached(module, &needs);
        let circle: BTreeSet<&Module> =
            ahead.into_iter().filter(|other| reached(other, &needs).contains(module)).collect();
        if circle.contains(module) && seen.insert(module) {
            let name = |module: &Module| module.join("::");
            let arrows = circle.iter().flat_map(|from| {
                needs[*from].intersection(&circle).map(move |to| format!("{} -> {}", name(from), name(to)))
            });
            let arrows: Vec<String> = arrows.collect();
            let what =
                format!("is in a circle; move what both sides need into a file below both: {}", arrows.join(", "));
            breaches.push(Breach::of_file(&files[module].path, what));
            seen.extend(circle);
        }
    }
    breaches
}

/// The module in the file `path`, which is relative to the room's root; `None` for what is no Rust.
fn module(path: &str) -> Option<Module> {
    let mut parts: Module = path.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    match parts.last().map(String::as_str) {
        Some("mod") => drop(parts.pop()),
        Some("lib") if parts.len() == 1 => drop(parts.pop()),
        _ => {}
    }
    Some(parts)
}

/// What `source` says, without its tests in the same file: they may need whatever they like.
fn read(source: &Source) -> File {
    let text = code::only(&source.text);
    let end = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
        let after = text[*at..].trim_start_matches("#[cfg(test)]").trim_start();
        after.starts_with("mod ")
            && after.split(['{', ';']).next().is_some_and(|head| after[head.len()..].starts_with('{'))
    });
    let mut file = File { path: source.path.clone(), ..File::default() };
    let mut rest = &text[..end.unwrap_or(text.len())];
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let after_path = rest[..start].ends_with("::");
        rest = &rest[start..];
        let (path, length) = path_at(rest);
        if path == ["use"] && rest[length..].starts_with(char::is_whitespace) {
            let tree = rest[length..].split(';').next().unwrap_or_default();
            import(tree, &[], &mut file);
            rest = &rest[length + tree.len()..];
            continue;
        }
        if path.len() > 1 && !after_path {
            file.paths.push(path.into_iter().map(str::to_owned).collect());
        }
        rest = &rest[length..];
    }
    file
}

/// The path with which `text` begins (`a::b::C`), and its length in bytes.
fn path_at(text: &str) -> (Vec<&str>, usize) {
    let mut path = Vec::new();
    let mut length = 0;
    loop {
        let name = text[length..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if name.is_empty() {
            return (path, length);
        }
        path.push(name);
        length += name.len();
        let goes_on = text[length..]
            .strip_prefix("::")
            .is_some_and(|after| after.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        if !goes_on {
            return (path, length);
        }
        length += "::".len();
    }
}

/// Takes in what a `use` names: `a::{b, c::{d, self}}`.
fn import(tree: &str, before: &[String], file: &mut File) {
    let tree = tree.trim();
    if tree.starts_with("::") {
        // Another crate's.
        return;
    }
    let mut depth = 0_usize;
    let parts: Vec<&str> = tree
        .split(|c| {
            depth = match c {
                '{' => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            c == ',' && depth == 0
        })
        .collect();
    if let [_, _, ..] = parts[..] {
        return parts.into_iter().for_each(|part| import(part, before, file));
    }
    let (head, group) = tree.split_once('{').map_or((tree, None), |(head, group)| (head, Some(group)));
    let (head, alias) = head.split_once(" as ").map_or((head, None), |(head, alias)| (head, Some(alias.trim())));
    let names = head.split("::").map(str::trim).filter(|name| !name.is_empty() && *name != "*");
    let mut path: Vec<String> = before.iter().cloned().chain(names.map(str::to_owned)).collect();
    if let Some(group) = group {
        return import(group.trim_end().trim_end_matches('}'), &path, file);
    }
    // `a::{self}` is `a`; a path of nothing but `self` or `super` is one already.
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let Some(last) = path.last() else { return };
    file.imports.insert(alias.unwrap_or(last).to_owned(), path.clone());
    file.paths.push(path);
}

/// The files that the one of `module` needs, but for its own parts.
fn needed<'a>(module: &Module, files: &'a BTreeMap<Module, File>) -> BTreeSet<&'a Module> {
    let file = &files[module];
    let found = file.paths.iter().filter_map(|path| resolve(module, path, files, 0));
    found.filter(|other| !other.starts_with(module)).collect()
}

/// The file to which `path`, written in `module`, leads; `None` if that is not of this room.
fn resolve<'a>(
    module: &Module,
    path: &[String],
    files: &'a BTreeMap<Module, File>,
    passed_on: usize,
) -> Option<&'a Module> {
    let part = |name: &String| [module.as_slice(), std::slice::from_ref(name)].concat();
    let ups = path.iter().take_while(|name| *name == "super").count();
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module[..module.len().checked_sub(ups)?].to_vec(), &path[ups..]),
        _ if files.contains_key(&part(&path[0])) => (module.clone(), path),
        first => {
            // The name of a module that was imported.
            let import = files.get(module)?.imports.get(first).filter(|import| **import != path[..1])?;
            let whole = [import, &path[1..]].concat();
            return if passed_on < PASSED_ON_MAX { resolve(module, &whole, files, passed_on + 1) } else { None };
        }
    };
    while let Some(name) = rest.first() {
        let deeper = [at.as_slice(), std::slice::from_ref(name)].concat();
        if files.contains_key(&deeper) {
            (at, rest) = (deeper, &rest[1..]);
            continue;
        }
        if let Some(import) = files.get(&at).and_then(|file| file.imports.get(name)).filter(|_| at != *module)
            && passed_on < PASSED_ON_MAX
            && let Some(found) = resolve(&at, &[import, &rest[1..]].concat(), files, passed_on + 1)
        {
            return Some(found);
        }
        break;
    }
    files.get_key_value(&at).map(|(module, _)| module)
}

/// Every file that the one of `from` needs, directly or through others.
fn reached<'a>(from: &Module, needs: &BTreeMap<&'a Module, BTreeSet<&'a Module>>) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Module> = needs[from].iter().copied().collect();
    while let Some(module) = open.pop() {
        if found.insert(module) {
            open.extend(&needs[module]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::made_up(&format!("room/src/{path}"), text)).collect();
        check("room/src/", &sources).into_iter().map(|breach| breach.what).collect()
    }

    #[test]
    fn two_files_that_need_each_other_are_found_however_they_say_it() {
        for (a, b) in [
            ("use crate::b::B;", "use crate::a::A;"),
            ("use super::b::{self, B};", "fn f(a: crate::a::A) {}"),
            ("fn f() { super::b::f() }", "use crate::{a::{A, C}, x};"),
            ("use crate::b; fn f() { b::f() }", "use crate::a as c; fn f() { c::f() }"),
            ("use crate::B;", "use crate::a::A;"),
        ] {
            let found =
                circles(&[("lib.rs", "mod a; mod b; mod x; pub use b::B;"), ("a.rs", a), ("b.rs", b), ("x.rs", "")]);
            assert_eq!(found.len(), 1, "{a} and {b}");
            assert!(found[0].contains("a -> b") && found[0].contains("b -> a"), "{found:?}");
        }
    }

    #[test]
    fn a_circle_of_many_is_one_breach_and_names_every_arrow() {
        let found = circles(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::d::D;"),
            ("c/mod.rs", "mod d;"),
            ("c/d.rs", "use crate::a::A;"),
            ("e.rs", "use crate::a::A;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("a -> b, b -> c::d, c::d -> a"), "{found:?}");
    }

    #[test]
    fn a_whole_may_need_its_parts_and_a_part_its_whole_but_not_round_about() {
        let parts = [("a.rs", "mod b; use b::B; use self::b::C;"), ("a/b.rs", "use super::A;")];
        assert_eq!(circles(&parts), [""; 0]);
        let through = [parts[0], parts[1], ("x.rs", "use crate::a::b::B;")];
        assert_eq!(circles(&through), [""; 0]);
        assert_eq!(circles(&[("a.rs", "use crate::x::X;"), through[1], through[2]]).len(), 1);
    }

    #[test]
    fn texts_tests_and_other_crates_make_no_circle() {
        let files = [
            ("a.rs", "// use crate::b::B;\nconst A: &str = \"crate::b::B\"; use std::b::B; use other::b::B;"),
            ("b.rs", "use crate::a::A;\n#[cfg(test)]\nmod tests { use crate::c::C; }"),
            ("c.rs", "use crate::b::B;"),
        ];
        assert_eq!(circles(&files), [""; 0]);
    }
}
