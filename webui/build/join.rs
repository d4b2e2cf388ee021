//! Joins the pages' modules: few files on the wire, while people edit many. A phone on a full radio pays a round trip for
//! each file, and each file is compressed by itself.
//!
//! A module becomes a function of its own within the joined file, so that no name of it meets another's; what it exports is
//! what that function returns. A page's first module stands last, as it is, because it waits for its words at its top level.
//! A module that a page asks for while it runs (`import('./…')`) comes in a file of its own, with what the page lacks for it: this is
//! the one way in which pages load code after the first sound, or after a tap.
//! Lines stay lines, and a source map ([`super::map`]) tells whose they are. What that cannot carry (a circle, an export that
//! changes later) ends the build with the line and what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::map::{Line, source_map};

/// The folder of the joined files. It is as deep as `js/`, so that addresses relative to a file of `js/` hold in both.
pub(crate) const FOLDER: &str = "joined";

/// The joined file of what more than one page of the shared document needs.
const SHARED: &str = "shared";

/// What a line may begin with that speaks of other modules.
const ALLOWED: &str =
    "allowed: import { … } from './…'; export { … } from './…'; export const, function, async function, class";

/// A module that a page names.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its path, such as `js/guest/main.js`.
    pub(crate) module: String,
    /// The joined file that holds it, without ending, such as `guest`.
    pub(crate) file: String,
    /// How far its modules are shared with other pages'.
    pub(crate) kind: Kind,
}

/// How far the modules of a page are shared with other pages'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its page is shown within one document with others: a module that several need must be there once.
    View,
    /// The same, and it runs before the rest has come: what it needs is in its file, from where others have it.
    Early,
    /// Its page is never shown with others: one file holds all.
    Alone,
}

/// A joined file.
#[derive(Debug)]
pub(crate) struct Joined {
    /// Its path, such as `joined/guest.js`.
    pub(crate) name: String,
    /// The module.
    pub(crate) body: String,
    /// The source map.
    pub(crate) map: String,
    /// The other joined files that it imports, by their paths.
    pub(crate) needs: BTreeSet<String>,
}

/// A module as it is understood.
#[derive(Debug, Default)]
struct Module {
    imports: Vec<Import>,
    /// Names under which things are exported, and what each is within the module.
    exports: BTreeMap<String, String>,
    /// Modules that it asks for while it runs: as it writes them, and their paths.
    later: BTreeMap<String, String>,
    lines: Vec<Line>,
}

/// Names that come from one other module.
#[derive(Debug)]
struct Import {
    from: String,
    /// What each is called there and here.
    names: Vec<(String, String)>,
    line: usize,
}

/// Joins the modules that the entries need. `texts` are the modules by their paths, without comments.
///
/// # Errors
///
/// Says which line of which module cannot be joined, and what is allowed.
pub(crate) fn join(texts: &BTreeMap<String, String>, entries: &[Entry]) -> Result<Vec<Joined>, String> {
    let (mut modules, mut variables) = (BTreeMap::new(), BTreeMap::new());
    for (name, text) in texts {
        modules.insert(name.as_str(), parse(name, text)?);
        if let Some(other) = variables.insert(variable(name), name) {
            return Err(format!(
                "{name} and {other} would be one name; allowed: paths that differ in more than - and /"
            ));
        }
    }
    let mut orders = Vec::new();
    for entry in entries {
        let mut order = Vec::new();
        visit(&entry.module, &modules, &mut Vec::new(), &mut order)?;
        orders.push((entry, order));
    }
    // For each module of the shared document, the joined file that holds it.
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    let mut files: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (entry, order) in orders.iter().filter(|(entry, _)| entry.kind != Kind::Alone) {
        for module in order {
            let users = || orders.iter().filter(|(entry, order)| entry.kind != Kind::Alone && order.contains(module));
            let file = if users().count() == 1 {
                entry.file.as_str()
            } else if let Some((early, _)) = users().find(|(entry, _)| entry.kind == Kind::Early) {
                early.file.as_str()
            } else {
                SHARED
            };
            if places.insert(module, file.to_owned()).is_none() {
                files.entry(file.to_owned()).or_default().push(module);
            }
        }
    }
    let mut joined = Vec::new();
    let views: Vec<&str> =
        entries.iter().filter(|entry| entry.kind == Kind::View).map(|entry| entry.file.as_str()).collect();
    place_later(&modules, &views, &mut places, &mut files, &later_file)?;
    for (file, members) in &files {
        joined.push(write(file, members, &modules, &places, entries)?);
    }
    // Each of the others has what it asks for later in files that begin with its name: it lacks other things than they do.
    for (Entry { file, .. }, order) in orders.into_iter().filter(|(entry, _)| entry.kind == Kind::Alone) {
        let mut places = order.iter().map(|module| (*module, file.clone())).collect();
        let mut files = BTreeMap::from([(file.clone(), order)]);
        place_later(&modules, &[], &mut places, &mut files, &|path| format!("{file}-{}", later_file(path)))?;
        for (file, members) in &files {
            joined.push(write(file, members, &modules, &places, entries)?);
        }
    }
    // A page announces all at once: also what only another joined file needs.
    let needs: BTreeMap<String, BTreeSet<String>> =
        joined.iter().map(|file: &Joined| (file.name.clone(), file.needs.clone())).collect();
    for file in &mut joined {
        let further = file.needs.iter().flat_map(|name| &needs[name]).cloned();
        file.needs.extend(further.collect::<Vec<_>>());
    }
    Ok(joined)
}

/// Gives each module that those of `files` ask for while they run a joined file, which is called as `later` says, with what it
/// needs and they lack. `views` are the files of pages in one document.
fn place_later<'a>(
    modules: &'a BTreeMap<&'a str, Module>,
    views: &[&str],
    places: &mut BTreeMap<&'a str, String>,
    files: &mut BTreeMap<String, Vec<&'a str>>,
    later: &dyn Fn(&str) -> String,
) -> Result<(), String> {
    let asks = |name: &str| modules[name].later.values().map(String::as_str);
    let of_file = |(file, members): (&String, &Vec<&'a str>)| -> Vec<(&'a str, String)> {
        members.iter().flat_map(|name| asks(name)).map(|path| (path, file.clone())).collect()
    };
    let mut waiting: Vec<(&str, String)> = files.iter().flat_map(of_file).collect();
    while let Some((asked, by)) = waiting.pop() {
        let mut order = Vec::new();
        visit(asked, modules, &mut Vec::new(), &mut order)?;
        let file = later(asked);
        for module in order {
            match places.get(module).cloned() {
                None => {
                    places.insert(module, file.clone());
                    files.entry(file.clone()).or_default().push(module);
                    waiting.extend(asks(module).map(|path| (path, by.clone())));
                }
                // Another page's own so far: both get it from a file of its own, so that it is there once.
                Some(place) if place != by && views.contains(&place.as_str()) => {
                    let common = format!("{file}-common");
                    files.entry(place).or_default().retain(|member| *member != module);
                    files.entry(common.clone()).or_default().push(module);
                    places.insert(module, common);
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Appends a module to `order`, behind all it needs.
fn visit<'a>(
    name: &str,
    modules: &'a BTreeMap<&'a str, Module>,
    open: &mut Vec<String>,
    order: &mut Vec<&'a str>,
) -> Result<(), String> {
    let Some((name, module)) = modules.get_key_value(name) else { return Err(format!("there is no {name}")) };
    if order.contains(name) {
        return Ok(());
    }
    if open.iter().any(|above| above == name) {
        return Err(format!("{name} needs itself, by way of {}", open.join(", ")));
    }
    open.push((*name).to_owned());
    for Import { from, names, line } in &module.imports {
        visit(from, modules, open, order)?;
        for (theirs, _) in names {
            if !modules.get(from.as_str()).is_some_and(|other| other.exports.contains_key(theirs)) {
                return Err(format!("{name}:{line}: {from} does not export {theirs}"));
            }
        }
    }
    open.pop();
    order.push(name);
    Ok(())
}

/// Puts modules into one file, each behind those that it needs.
fn write(
    file: &str,
    members: &[&str],
    modules: &BTreeMap<&str, Module>,
    places: &BTreeMap<&str, String>,
    entries: &[Entry],
) -> Result<Joined, String> {
    let mut lines: Vec<Line> = Vec::new();
    let mut others: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (source, name) in members.iter().enumerate() {
        let module = &modules[name];
        let own = |text: String, line: usize| Line { text, source, line, column: 0 };
        let is_entry = entries.iter().any(|entry| entry.module == *name);
        if is_entry && !module.exports.is_empty() {
            return Err(format!("{name}: a page names this module, which nobody can import from then"));
        }
        let waits = |line: &&Line| line.column == 0 && line.text.starts_with("await ");
        if let Some(line) = module.lines.iter().find(waits).filter(|_| !is_entry) {
            return Err(format!("{name}:{}: only a page's first module may wait at its top level", line.line));
        }
        if !is_entry {
            lines.push(own(format!("export const {}=(()=>{{", variable(name)), 1));
        }
        for Import { from, names, line } in &module.imports {
            if places[from.as_str()] != file {
                let other = format!("{FOLDER}/{}.js", places[from.as_str()]);
                others.entry(other).or_default().insert(variable(from));
            }
            let names: Vec<String> = names
                .iter()
                .map(|(theirs, ours)| if theirs == ours { ours.clone() } else { format!("{theirs}:{ours}") })
                .collect();
            if !names.is_empty() {
                lines.push(own(format!("const {{{}}}={};", names.join(","), variable(from)), *line));
            }
        }
        let asking = |text: &str| {
            let ask = |text: String, (written, path): (&String, &String)| {
                let whole = format!("import('./{}.js').then((all)=>all.{})", places[path.as_str()], variable(path));
                text.replace(&format!("import('{written}')"), &whole)
            };
            module.later.iter().fold(text.to_owned(), ask)
        };
        lines.extend(module.lines.iter().map(|line| Line { source, text: asking(&line.text), ..line.clone() }));
        if !is_entry {
            let exports = module.exports.iter();
            let exports: Vec<String> = exports
                .map(|(name, ours)| if name == ours { name.clone() } else { format!("{name}:{ours}") })
                .collect();
            let end = module.lines.last().map_or(1, |line| line.line);
            lines.push(own(format!("return{{{}}}}})();", exports.join(",")), end));
        }
    }
    let head: Vec<String> = others
        .iter()
        .map(|(other, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("import{{{}}}from'./{}';", names.join(","), &other[FOLDER.len() + 1..])
        })
        .collect();
    let mut body: String = head.iter().map(|line| format!("{line}\n")).collect();
    lines.iter().for_each(|line| body.extend([line.text.as_str(), "\n"]));
    body.push_str(&format!("//# sourceMappingURL={file}.js.map\n"));
    let map = source_map(&format!("{file}.js"), members, head.len(), &lines);
    Ok(Joined { name: format!("{FOLDER}/{file}.js"), body, map, needs: others.into_keys().collect() })
}

/// The name of what a module returns: `$host_api` for `js/host/api.js`. No module has names that begin like that.
fn variable(module: &str) -> String {
    let path = module.trim_start_matches("js/").trim_end_matches(".js");
    format!("${}", path.replace(['/', '-'], "_"))
}

/// The joined file of a module that comes later to a page of the shared document: `host-talk` for `js/host/talk.js`.
fn later_file(module: &str) -> String {
    module.trim_start_matches("js/").trim_end_matches(".js").replace('/', "-")
}

/// Understands a module.
fn parse(name: &str, text: &str) -> Result<Module, String> {
    let mut module = Module::default();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        let fault = |why: &str| format!("{name}:{number}: {why}; {ALLOWED}");
        let is_open = line.starts_with("import ") || line.starts_with("export {");
        if is_open {
            let mut statement = line.to_owned();
            while !statement.ends_with(';') {
                let Some((_, more)) = lines.next() else { return Err(fault("a statement without end")) };
                statement.push_str(more);
            }
            let (names, from) = named(&statement).ok_or_else(|| fault("not understood"))?;
            if line.starts_with("export") {
                // Under a name that no module uses: it is exported, and not seen in the module itself.
                let hidden: Vec<_> = names.iter().map(|(theirs, _)| (theirs.clone(), format!("$_{theirs}"))).collect();
                module.exports.extend(names.into_iter().map(|(theirs, ours)| (ours, format!("$_{theirs}"))));
                module.imports.push(Import { from: beside(name, &from), names: hidden, line: number });
            } else {
                module.imports.push(Import { from: beside(name, &from), names, line: number });
            }
            continue;
        }
        let mut kept = line;
        if let Some(rest) = line.strip_prefix("export ") {
            let kinds = ["const ", "function ", "async function ", "class "];
            let declared = kinds.iter().find_map(|kind| rest.strip_prefix(kind));
            let exported = declared.map(word).filter(|word| !word.is_empty()).ok_or_else(|| fault("not understood"))?;
            module.exports.insert(exported.to_owned(), exported.to_owned());
            kept = rest;
        } else if line.starts_with("import") || line.starts_with("export") {
            return Err(fault("not understood"));
        }
        if kept.matches('`').count() % 2 == 1 {
            return Err(format!("{name}:{number}: a template over several lines; the space before a line is left out"));
        }
        if kept.contains("import.meta") && name.split('/').count() != 2 {
            return Err(format!("{name}:{number}: only a module directly in js/ knows its address"));
        }
        let trimmed = kept.trim_start();
        if !trimmed.is_empty() {
            let (column, text) = (line.len() - trimmed.len(), untyped(trimmed));
            for written in text.split("import('").skip(1).filter_map(|rest| rest.split('\'').next()) {
                module.later.insert(written.to_owned(), beside(name, written));
            }
            module.lines.push(Line { text, source: 0, line: number, column });
        }
    }
    Ok(module)
}

/// The names of `import { a, b as c } from './x.js';`, and the path.
fn named(statement: &str) -> Option<(Vec<(String, String)>, String)> {
    let (_, rest) = statement.split_once('{')?;
    let (names, rest) = rest.split_once('}')?;
    let from = rest.trim_start().strip_prefix("from '")?.strip_suffix("';")?;
    if !from.starts_with('.') {
        return None;
    }
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
        let (theirs, ours) = name.split_once(" as ").unwrap_or((name, name));
        (word(theirs) == theirs && word(ours) == ours).then(|| (theirs.to_owned(), ours.to_owned()))
    });
    Some((names.collect::<Option<_>>()?, from.to_owned()))
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// A line without the types that stand in comments within it.
fn untyped(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, comment)) = rest.split_once("/** @") {
        let Some((_, after)) = comment.split_once("*/") else { break };
        kept.push_str(before);
        rest = after.trim_start();
    }
    kept.push_str(rest);
    kept
}

/// The path that `named` means in `module`.
fn beside(module: &str, named: &str) -> String {
    let mut parts: Vec<&str> = module.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}
