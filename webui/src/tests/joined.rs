//! The joined modules: all of them are somewhere, each once where it must be, and their maps lead back to what people edit.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asset, all, between, modules, named, pages, text};

#[path = "../../build/join.rs"]
mod join;
#[path = "../../build/map.rs"]
mod map;

use join::{Entry, Kind, join};

/// Scripts that a page may name: its own, what it shares with other pages or with what comes later to one, and the early one.
const SCRIPTS_MAX: usize = 4;

fn joined() -> impl Iterator<Item = &'static Asset> {
    all().iter().filter(|asset| asset.name.starts_with("joined/") && asset.name.ends_with(".js"))
}

/// The modules that a joined file holds, by their paths.
fn sources(file: &Asset) -> Vec<&'static str> {
    let map = text(named(&format!("{}.map", file.name)));
    let list = between(map, "\"sources\":[", ']').next().expect("sources");
    list.split(',').map(|source| source.trim_matches('"').trim_start_matches("../")).collect()
}

/// The joined files that a page names.
fn of_page(page: &Asset) -> BTreeSet<&'static str> {
    let body = text(all().iter().find(|asset| asset.name == page.name).expect("a page"));
    let names = between(body, "\"/v/", '"').filter_map(|rest| rest.split_once('/').map(|(_, name)| name));
    names.filter(|name| name.ends_with(".js")).collect()
}

/// Source, line and column of each line of a file, as its map has them, from 0; `None` for a line from nowhere.
fn lines(map: &str) -> Vec<Option<[i64; 3]>> {
    let mappings = between(map, "\"mappings\":\"", '"').next().expect("mappings");
    let mut at = [0; 3];
    let mut segment = |segment: &str| {
        let (mut numbers, mut value, mut shift) = (Vec::new(), 0_i64, 0);
        for byte in segment.bytes() {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => panic!("{byte} is no digit"),
            };
            value |= i64::from(digit & 31) << shift;
            shift += 5;
            if digit & 32 == 0 {
                numbers.push(if value & 1 == 1 { -(value >> 1) } else { value >> 1 });
                (value, shift) = (0, 0);
            }
        }
        assert_eq!((numbers.len(), numbers[0]), (4, 0), "one segment a line, from its first column");
        at.iter_mut().zip(&numbers[1..]).for_each(|(at, by)| *at += by);
        at
    };
    mappings.split_terminator(';').map(|line| (!line.is_empty()).then(|| segment(line))).collect()
}

#[test]
fn every_module_is_run_by_a_page_that_needs_it() {
    // What pages name, and whatever that needs or asks for later.
    let mut files: BTreeSet<String> = pages().flat_map(of_page).map(str::to_owned).collect();
    let mut waiting: Vec<String> = files.iter().cloned().collect();
    while let Some(file) = waiting.pop() {
        let body = text(named(&file));
        let others = between(body, "import('./", '\'').chain(between(body, "from'./", '\''));
        waiting.extend(others.map(|other| format!("joined/{other}")).filter(|other| files.insert(other.clone())));
    }
    let run: BTreeSet<&str> = files.iter().flat_map(|file| sources(named(file))).collect();
    for module in modules() {
        assert!(run.contains(module.name), "no page runs {}", module.name);
    }
    // Nothing loads code in another way: the document's own way from page to page, and words, are no modules of `js/`.
    let own_ways = ["js/shell.js", "js/i18n.js"];
    for module in modules().filter(|module| !own_ways.contains(&module.name)) {
        let asks = text(module).matches("import(").count();
        assert_eq!(asks, text(module).matches("import('./").count() + text(module).matches("import('../").count());
    }
}

#[test]
fn a_page_names_few_scripts_and_no_module_twice() {
    for page in pages() {
        let files = of_page(page);
        assert!((1..=SCRIPTS_MAX).contains(&files.len()), "{}: {files:?}", page.name);
        let held: Vec<&str> = files.iter().flat_map(|file| sources(named(file))).collect();
        let once: BTreeSet<&&str> = held.iter().collect();
        assert_eq!(once.len(), held.len(), "{}", page.name);
    }
    // What has a state must be there once in the document that several pages are shown in.
    let views: BTreeSet<&str> = pages().filter(|page| text(page).contains("data-page=")).flat_map(of_page).collect();
    let held: Vec<&str> = views.iter().flat_map(|file| sources(named(file))).collect();
    assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "{held:?}");
}

#[test]
fn maps_lead_to_the_lines_that_people_edit() {
    for file in joined() {
        let (map, sources) = (text(named(&format!("{}.map", file.name))), sources(file));
        assert!(text(file).ends_with(&format!("//# sourceMappingURL={}.map\n", &file.name["joined/".len()..])));
        let lines = lines(map);
        let mut same = 0;
        for (line, place) in text(file).lines().zip(lines) {
            let Some([source, number, column]) = place else { continue };
            let module = text(named(sources[source as usize]));
            let there = module.lines().nth(number as usize).unwrap_or_else(|| panic!("{} has no line", file.name));
            let there = there.get(column as usize..).unwrap_or_default();
            // What the joiner has written itself, and what it has left out of a line, is at the line that it stands for.
            let own = line.starts_with("export const $") || line.starts_with("const {") || line.starts_with("return{");
            let short = there.trim_start_matches("export ");
            assert!(
                own || short.contains("/** @") || line.contains("import('") || short == line,
                "{}: {line}\nis not\n{there}",
                file.name
            );
            same += usize::from(short == line);
        }
        assert!(same > 5 && same * 2 > text(file).lines().count(), "{}: {same} lines lead anywhere", file.name);
    }
}

/// Joins made-up modules, of which the first is a page's.
fn joins(modules: &[(&str, &str)]) -> Result<String, String> {
    let texts = modules.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let entry = Entry { module: modules[0].0.to_owned(), file: "page".to_owned(), kind: Kind::Alone };
    join(&texts, &[entry]).map(|mut files| {
        assert!(files[0].map.contains("\"file\":\"page.js\""), "{}", files[0].map);
        files.remove(0).body
    })
}

#[test]
fn modules_keep_their_names_to_themselves() {
    let one = "import { a as mine, b } from './two.js';\nconst a = 1;\nuse(a, mine, b);\n";
    let two = "import { c } from './three.js';\nexport const a = 2;\nexport { c as b } from './three.js';\n";
    let body = joins(&[("js/one.js", one), ("js/two.js", two), ("js/three.js", "export function c() {}\n")]);
    let lines = [
        "export const $three=(()=>{",
        "function c() {}",
        "return{c}})();",
        "export const $two=(()=>{",
        "const {c}=$three;",
        "const {c:$_c}=$three;",
        "const a = 2;",
        "return{a,b:$_c}})();",
        "const {a:mine,b}=$two;",
        "const a = 1;",
        "use(a, mine, b);",
        "//# sourceMappingURL=page.js.map",
    ];
    assert_eq!(body.expect("they join").lines().collect::<Vec<_>>(), lines);
}

#[test]
fn what_several_pages_need_is_in_a_file_of_its_own_and_what_comes_early_in_the_early_one() {
    let texts: BTreeMap<String, String> = [
        ("js/early.js", "import { w } from './words.js';\n"),
        ("js/guest.js", "import { w } from './words.js';\nimport { d } from './dom.js';\n"),
        ("js/host.js", "import { d } from './dom.js';\nimport { o } from './own.js';\n"),
        ("js/screen.js", "import { d } from './dom.js';\n"),
        ("js/dom.js", "import { w } from './words.js';\nexport const d = w;\n"),
        ("js/words.js", "export const w = 1;\n"),
        ("js/own.js", "export const o = 1;\n"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let entry = |file: &str, kind| Entry { module: format!("js/{file}.js"), file: file.to_owned(), kind };
    let entries = [
        entry("early", Kind::Early),
        entry("guest", Kind::View),
        entry("host", Kind::View),
        entry("screen", Kind::Alone),
    ];
    let files = join(&texts, &entries).expect("they join");
    let needs: BTreeMap<&str, Vec<&str>> =
        files.iter().map(|file| (file.name.as_str(), file.needs.iter().map(String::as_str).collect())).collect();
    let (early, shared) = ("joined/early.js", "joined/shared.js");
    let wanted = [
        (early, vec![]),
        ("joined/guest.js", vec![early, shared]),
        // It names nothing of the early one, which comes along all the same.
        ("joined/host.js", vec![early, shared]),
        ("joined/screen.js", vec![]),
        (shared, vec![early]),
    ];
    assert_eq!(needs, wanted.into());
}

#[test]
fn what_a_page_asks_for_while_it_runs_is_in_a_file_of_its_own_with_what_the_page_lacks() {
    let join = |later: &str| {
        let texts: BTreeMap<String, String> = [
            ("js/guest/main.js", "import { d } from '../dom.js';\nimport { g } from './own.js';\n"),
            ("js/guest/own.js", "export const g = 1;\n"),
            (
                "js/host/main.js",
                "import { d } from '../dom.js';\nconst ask = async () => (await import('./talk.js')).Talk;\n",
            ),
            ("js/host/talk.js", later),
            ("js/dj/whip.js", "import { d } from '../dom.js';\nexport const w = d;\n"),
            ("js/dom.js", "export const d = 1;\n"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        let entry =
            |file: &str| Entry { module: format!("js/{file}/main.js"), file: file.to_owned(), kind: Kind::View };
        join(&texts, &[entry("guest"), entry("host")])
    };
    let files =
        join("import { d } from '../dom.js';\nimport { w } from '../dj/whip.js';\nexport const Talk = w + d;\n");
    let files = files.expect("they join");
    let body = |name: &str| files.iter().find(|file| file.name == name).expect("a file").body.clone();
    let wanted = "const ask = async () => (await import('./host-talk.js').then((all)=>all.$host_talk)).Talk;";
    assert!(body("joined/host.js").contains(wanted), "{}", body("joined/host.js"));
    let lines = [
        "import{$dom}from'./shared.js';",
        "export const $dj_whip=(()=>{",
        "const {d}=$dom;",
        "const w = d;",
        "return{w}})();",
        "export const $host_talk=(()=>{",
        "const {d}=$dom;",
        "const {w}=$dj_whip;",
        "const Talk = w + d;",
        "return{Talk}})();",
        "//# sourceMappingURL=host-talk.js.map",
    ];
    assert_eq!(body("joined/host-talk.js").lines().collect::<Vec<_>>(), lines);
    let files = join("import { g } from '../guest/own.js';\nexport const Talk = g;\n").expect("they join");
    let body = |name: &str| files.iter().find(|file| file.name == name).expect("a file").body.clone();
    assert!(body("joined/host-talk-common.js").contains("const g = 1;"), "what another page has as well");
    for page in ["joined/guest.js", "joined/host-talk.js"] {
        assert!(body(page).contains("import{$guest_own}from'./host-talk-common.js';"), "{}", body(page));
    }
}

#[test]
fn a_page_that_shares_nothing_has_what_it_asks_for_later_in_files_of_its_own() {
    let texts: BTreeMap<String, String> = [
        ("js/screen.js", "import { d } from './dom.js';\nconst ask = () => import('./late/room.js');\nask(d);\n"),
        ("js/guest.js", "const ask = () => import('./late/stage.js');\n"),
        (
            "js/late/room.js",
            "import { d } from '../dom.js';\nimport { b } from './bars.js';\nexport const Room = b + d;\n",
        ),
        ("js/late/stage.js", "import { b } from './bars.js';\nexport const Stage = b;\n"),
        ("js/late/bars.js", "export const b = 1;\n"),
        ("js/dom.js", "export const d = 1;\n"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let entry = |file: &str, kind| Entry { module: format!("js/{file}.js"), file: file.to_owned(), kind };
    let files = join(&texts, &[entry("guest", Kind::View), entry("screen", Kind::Alone)]).expect("they join");
    let body = |name: &str| files.iter().find(|file| file.name == name).expect("a file").body.clone();
    let asks = "import('./screen-late-room.js').then((all)=>all.$late_room)";
    assert!(body("joined/screen.js").contains(asks), "{}", body("joined/screen.js"));
    let later = body("joined/screen-late-room.js");
    assert!(
        later.starts_with("import{$dom}from'./screen.js';\nexport const $late_bars="),
        "what it has is there once: {later}"
    );
    assert!(body("joined/late-stage.js").contains("export const $late_bars="), "another page has nothing of it");
    assert_eq!(files.len(), 4);
}

#[test]
fn what_cannot_be_joined_ends_the_build_with_the_line_and_what_is_allowed() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let cases: [Case; 13] = [
        (
            "an export that changes",
            &[("js/a.js", "\nexport let a = 1;\n")],
            "js/a.js:2: not understood; allowed: import {",
        ),
        ("a default", &[("js/a.js", "export default {};\n")], "js/a.js:1: not understood; allowed"),
        ("all of a module", &[("js/a.js", "import * as b from './b.js';\n")], "js/a.js:1: not understood; allowed"),
        ("several at once", &[("js/a.js", "export const { b, c } = d;\n")], "js/a.js:1: not understood; allowed"),
        ("another machine", &[("js/a.js", "import { b } from 'b';\n")], "js/a.js:1: not understood; allowed"),
        ("no end", &[("js/a.js", "import { b }\n")], "js/a.js:1: a statement without end"),
        ("no file", &[("js/a.js", "import { b } from './b.js';\n")], "there is no js/b.js"),
        (
            "no export",
            &[("js/a.js", "import { b } from './b.js';\n"), ("js/b.js", "const b = 1;\n")],
            "js/a.js:1: js/b.js does not export b",
        ),
        (
            "a circle",
            &[
                ("js/a.js", "import { b } from './b.js';\n"),
                ("js/b.js", "import { c } from './c.js';\nexport const b = c;\n"),
                ("js/c.js", "import { b } from './b.js';\nexport const c = b;\n"),
            ],
            "js/b.js needs itself, by way of js/a.js, js/b.js, js/c.js",
        ),
        ("a page's exports", &[("js/a.js", "export const a = 1;\n")], "js/a.js: a page names this module"),
        ("a long template", &[("js/a.js", "const a = `\n  b`;\n")], "js/a.js:1: a template over several lines"),
        (
            "a module that waits",
            &[("js/a.js", "import { b } from './b.js';\n"), ("js/b.js", "await 1;\nexport const b = 1;\n")],
            "js/b.js:1: only a page's first module may wait at its top level",
        ),
        ("its address", &[("js/b/a.js", "const a = import.meta.url;\n")], "js/b/a.js:1: only a module directly in js/"),
    ];
    for (what, modules, why) in cases {
        let error = joins(modules).expect_err(what);
        assert!(error.starts_with(why), "{what}: {error}");
    }
    let twins = joins(&[("js/a-b.js", "const a = 1;\n"), ("js/a/b.js", "const a = 1;\n")]).expect_err("one name");
    assert_eq!(twins, "js/a/b.js and js/a-b.js would be one name; allowed: paths that differ in more than - and /");
}
