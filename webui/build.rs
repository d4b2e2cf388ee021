//! Makes the table of embedded files: finds them, gives each an address that changes with the content, puts a page's
//! style into the page, joins the modules it needs, and compresses.
//!
//! Phones run the joined modules. What lies in `js/` is served beside them, line for line (only comments that have lines of
//! their own are left empty), because the source maps lead there: an error in a browser's log names the line that people
//! edit.

#[path = "build/join.rs"]
mod join;
#[path = "build/map.rs"]
mod map;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use join::{Entry, Joined, Kind};
use sha2::{Digest, Sha256};

/// Folders whose files are served as they are.
const FOLDERS: [&str; 3] = ["js", "lang", "img"];

/// The picture served where browsers look for one without being told.
const ICON: &str = "img/icon.svg";

/// How a page begins, and how it does for languages that are written from the right.
const FROM_LEFT: &str = "<html lang=\"en\" dir=\"ltr\">";
const FROM_RIGHT: &str = "<html lang=\"en\" dir=\"rtl\">";

/// The one file of `lang/` that is no table of words.
const LANGUAGES: &str = "lang/languages.js";

/// A file as it lies in the package.
struct Found {
    /// Its path from the package, such as `js/main.js`.
    name: String,
    body: Vec<u8>,
}

/// A row of the table.
#[derive(Default)]
struct Row<'a> {
    path: &'a str,
    name: &'a str,
    body: &'a [u8],
    /// The hash of the style inside a page, as a content security policy names it.
    style: Option<String>,
    lasting: bool,
    from_right: bool,
}

fn main() -> io::Result<()> {
    let package = folder("CARGO_MANIFEST_DIR")?;
    let mut table = Table { out: folder("OUT_DIR")?, rows: String::new(), count: 0 };
    for folder in FOLDERS.iter().chain(["pages", "css", "build", "build.rs"].iter()) {
        println!("cargo::rerun-if-changed={folder}");
    }
    let mut files = Vec::new();
    for folder in FOLDERS {
        find(&package, folder, &mut files)?;
    }
    for file in files.iter_mut().filter(|file| file.name.ends_with(".js")) {
        file.body = uncommented(utf8(&file.body)?).into_bytes();
    }
    let mut pages = Vec::new();
    find(&package, "pages", &mut pages)?;
    let joined = joined(&pages, &files)?;
    files.extend(joined.iter().flat_map(|Joined { name, body, map, .. }| {
        let map = Found { name: format!("{name}.map"), body: map.clone().into_bytes() };
        [Found { name: name.clone(), body: body.clone().into_bytes() }, map]
    }));
    // One hash for all, so that modules reach each other by relative addresses.
    let mut all = Sha256::new();
    for file in &files {
        all.update(&file.name);
        all.update(&file.body);
    }
    let place = format!("/v/{}/", &BASE64.encode(all.finalize())[..12].replace(['+', '/'], "0"));
    for page in &pages {
        let path = match stem(page) {
            "guest" => "/".to_owned(),
            "latest" => "/stream/latest".to_owned(),
            name => format!("/{name}"),
        };
        let (body, style) = whole_page(&package, page, &joined, &place)?;
        let row = Row { path: &path, name: &page.name, body: body.as_bytes(), style: Some(style), ..Row::default() };
        table.add(&row)?;
        let mirrored = body.replacen(FROM_LEFT, FROM_RIGHT, 1);
        if mirrored == body {
            return Err(io::Error::other(format!("{} has no {FROM_LEFT}", page.name)));
        }
        table.add(&Row { body: mirrored.as_bytes(), from_right: true, ..row })?;
    }
    for Found { name, body } in &files {
        table.add(&Row { path: &format!("{place}{name}"), name, body, lasting: true, ..Row::default() })?;
        if name == ICON {
            table.add(&Row { path: "/favicon.ico", name, body, ..Row::default() })?;
        }
    }
    fs::write(table.out.join("table.rs"), format!("&[\n{}]\n", table.rows))?;
    Ok(())
}

/// A folder that Cargo names.
fn folder(variable: &str) -> io::Result<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{variable} is not set")))
}

fn utf8(body: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(body).map_err(io::Error::other)
}

/// Every file below `folder`, in the order of names.
fn find(package: &Path, folder: &str, found: &mut Vec<Found>) -> io::Result<()> {
    let mut entries = fs::read_dir(package.join(folder))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            find(package, &name, found)?;
        } else {
            found.push(Found { body: fs::read(entry.path())?, name });
        }
    }
    Ok(())
}

/// What a page is called: the `guest` of `pages/guest.html`.
fn stem(page: &Found) -> &str {
    page.name.trim_start_matches("pages/").trim_end_matches(".html")
}

/// The modules that a page's line names, if it names one.
fn entry(page: &Found, line: &str) -> io::Result<Option<Entry>> {
    let text = utf8(&page.body)?;
    let entry = |module: &str, file: &str, kind| Entry { module: module.to_owned(), file: file.to_owned(), kind };
    if let Some(module) = value(line, "<script type=\"module\" async src=\"/") {
        let file = module.trim_start_matches("js/").trim_end_matches(".js");
        return Ok(Some(entry(module, file, Kind::Early)));
    }
    // The pages that are views of one document have a part to be put into it (`js/shell.js`).
    let kind = if text.contains("data-page=\"") { Kind::View } else { Kind::Alone };
    Ok(value(line, "<script type=\"module\" src=\"/").map(|module| entry(module, stem(page), kind)))
}

/// The joined files of all pages.
fn joined(pages: &[Found], files: &[Found]) -> io::Result<Vec<Joined>> {
    let mut entries = Vec::new();
    for page in pages {
        for line in utf8(&page.body)?.lines() {
            entries.extend(entry(page, line)?);
        }
    }
    let modules = files.iter().filter(|file| file.name.ends_with(".js"));
    let modules = modules.filter(|file| file.name.starts_with("js/") || file.name == LANGUAGES);
    let texts: io::Result<BTreeMap<String, String>> =
        modules.map(|file| Ok((file.name.clone(), utf8(&file.body)?.to_owned()))).collect();
    join::join(&texts?, &entries).map_err(io::Error::other)
}

/// A page with its style inside, its files at the addresses they have, and its scripts announced: one answer paints it, and
/// no script waits until another has been read. Returns the hash of the style as well.
fn whole_page(package: &Path, page: &Found, joined: &[Joined], place: &str) -> io::Result<(String, String)> {
    let (mut whole, mut style) = (String::new(), String::new());
    for line in utf8(&page.body)?.lines() {
        if let Some(sheet) = value(line, "<link rel=\"stylesheet\" href=\"/") {
            let sheet = uncommented(&fs::read_to_string(package.join(sheet))?);
            sheet.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| {
                style.push_str(&squeezed(line));
                style.push('\n');
            });
            continue;
        }
        let mut line = line.trim_start().to_owned();
        if let Some(Entry { module, file, .. }) = entry(page, &line)? {
            if !style.is_empty() && !whole.contains("<style>") {
                whole.push_str(&format!("<style>{style}</style>\n"));
            }
            let name = format!("{}/{file}.js", join::FOLDER);
            let needed = joined.iter().filter(|file| file.name == name).flat_map(|file| &file.needs);
            for needed in needed.map(|needed| format!("<link rel=\"modulepreload\" href=\"{place}{needed}\">\n")) {
                if !whole.contains(&needed) {
                    whole.push_str(&needed);
                }
            }
            line = line.replace(&format!("\"/{module}\""), &format!("\"{place}{name}\""));
        }
        for folder in FOLDERS {
            line = line.replace(&format!("=\"/{folder}/"), &format!("=\"{place}{folder}/"));
        }
        whole.push_str(&line);
        whole.push('\n');
    }
    if !whole.contains("<style>") {
        return Err(io::Error::other("a page needs a style sheet, and after it the line of its module"));
    }
    Ok((whole, format!("sha256-{}", BASE64.encode(Sha256::digest(&style)))))
}

/// The text with an empty line for each line that is nothing but comment: `//` or a part of `/* … */` that begins a line.
fn uncommented(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let start = line.trim_start();
        inside |= start.starts_with("/*");
        if !inside && !start.starts_with("//") {
            kept.push_str(line.trim_end());
        } else if let Some((_, rest)) = line.split_once("*/").filter(|_| inside) {
            inside = false;
            kept.push_str(rest.trim_end());
        }
        kept.push('\n');
    }
    kept
}

/// A line of a style sheet without the spaces that only people need.
fn squeezed(line: &str) -> String {
    let tight =
        [(": ", ":"), (" {", "{"), ("{ ", "{"), ("; }", "}"), ("; ", ";"), (", ", ","), (" > ", ">"), (";}", "}")];
    tight.into_iter().fold(line.to_owned(), |line, (loose, tight)| line.replace(loose, tight))
}

/// What stands between `open` and the next quote.
fn value<'a>(line: &'a str, open: &str) -> Option<&'a str> {
    line.split_once(open)?.1.split('"').next()
}

struct Table {
    out: PathBuf,
    rows: String,
    count: usize,
}

impl Table {
    /// Writes the content and its compressed form where the program includes them from.
    fn add(&mut self, row: &Row) -> io::Result<()> {
        let (body, gzip) = (format!("{}", self.count), format!("{}.gz", self.count));
        self.count += 1;
        fs::write(self.out.join(&body), row.body)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(row.body)?;
        fs::write(self.out.join(&gzip), packed.finish()?)?;
        let hash = BASE64.encode(Sha256::digest(row.body));
        let ending = row.name.rsplit_once('.').map_or("", |(_, ending)| ending);
        self.rows.push_str(&format!(
            "Asset {{ path: {:?}, name: {:?}, mime: mime({ending:?}), etag: {:?}, body: include_bytes!({:?}), \
             gzip: include_bytes!({:?}), style: {:?}, lasting: {}, from_right: {} }},\n",
            row.path,
            row.name,
            format!("W/\"{}\"", &hash[..22]),
            self.out.join(body),
            self.out.join(gzip),
            row.style,
            row.lasting,
            row.from_right
        ));
        Ok(())
    }
}
