//! `cargo xtask image`: from sources and Debian's packages to a file that is flashed, and to a signed update.
//!
//! Everything is made below `target/card` and kept until its inputs change. Packages are unpacked, never installed, so
//! that no program of arm64 runs here and no script of a package runs at all; scripts of ours in `image/card` do the rest
//! inside the tool chain's folder, so that this machine's own tools and their versions leave no trace in the image.

mod archive;
mod board;
mod disk;
mod emulate;
mod flash;
mod keys;
mod list;
mod lock;
mod make;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

pub(crate) use archive::Drift;
pub(crate) use board::Board;
pub(crate) use flash::flash;
use keys::Keys;

use crate::build;
use crate::cli::ImageArgs;
use crate::error::Error;
use crate::machine::made::made;
use crate::machine::{cross, jail, tools};
use crate::packages::For;
use crate::setup;
use crate::stage::Stages;

/// The card as it is handed out: made only for who hands it out, because that takes longer than all the rest.
const COMPRESSED: &str = "card.img.zst";

/// Makes the image, or only the lock file.
pub(crate) fn image(args: &ImageArgs) -> Result<(), Error> {
    let mut stages = Stages::default();
    stages.run("set-up", || {
        setup::ensure(&[For::Build, For::Machine], args.yes)?;
        jail::possible()
    })?;
    let packages = packages()?;
    if args.update_lock {
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        stages.run("lock file", || archive::update_lock(args.board, &names))?;
    }
    let (out, recipe) = whole(&mut stages, args, Drift::Refuse)?;
    if !out.join(COMPRESSED).exists() {
        stages.run("compressed card", || recipe.compress(&out))?;
    }
    if args.check {
        stages.run("the same once more", || again(&recipe, &packages, &out))?;
    }
    stages.print();
    sizes(&out)?;
    if args.emulate { emulate::emulate(&out) } else { Ok(()) }
}

/// Makes the image in `out` and faulty slots and updates in `faulty`, for tests; returns the folder of both.
pub(crate) fn build_with_faulty(stages: &mut Stages, args: &ImageArgs, drift: Drift) -> Result<PathBuf, Error> {
    let (out, recipe) = whole(stages, args, drift)?;
    let faulty = recipe.folder().join("faulty");
    let script = make::read(&make::scripts().join("faulty.sh"))?;
    let inputs = format!("{script}{}", make::read(&out.with_extension("inputs"))?);
    stages.run("faulty slots and updates", || made(&faulty, &inputs, || recipe.faulty(&out, &faulty)))?;
    Ok(recipe.folder())
}

/// Makes the board's image and update: `card.img` and `update.raucb` in the folder that is returned.
fn whole(stages: &mut Stages, args: &ImageArgs, drift: Drift) -> Result<(PathBuf, make::Recipe), Error> {
    stages.run("arm64 tool chain", tools::make)?;
    let program = match &args.program {
        Some(program) => program.clone(),
        None => stages.run("the box for arm64", cross::partybox)?,
    };
    let packages = packages()?;
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let board = args.board;
    let recipe = make::Recipe { board, epoch: epoch()?, version: version()?, program, keys: keys(args)? };
    let debs = recipe.folder().join("debs");
    let locked = stages.run("packages", || archive::fetch(board, &names, &debs, drift))?;
    let out = recipe.folder().join("out");
    let inputs = recipe.inputs(&locked)?;
    stages.run("image", || {
        made(&out, &inputs, || {
            recipe.root(&packages, &debs, &out)?;
            recipe.card(&out)?;
            recipe.update(&out)?;
            sbom::write(&out.join("parts.cdx.json"), &recipe.version, &locked, &out.join("copyright"))
        })
    })?;
    Ok((out, recipe))
}

/// Makes the trees and the card a second time, elsewhere and later, and compares with what is in `out`.
fn again(recipe: &make::Recipe, packages: &[list::Package], out: &Path) -> Result<(), Error> {
    let again = recipe.folder().join("again");
    fresh_folder(&again)?;
    recipe.root(packages, &recipe.folder().join("debs"), &again)?;
    recipe.card(&again)?;
    recipe.compress(&again)?;
    for name in ["first.cpio.zst", "slot.img", "boot.img", "data.img", "card.img", COMPRESSED] {
        let hash = archive::sha256(&out.join(name))?;
        if hash != archive::sha256(&again.join(name))? {
            return Err(Error::Card(format!("{name} differs between {} and {}", out.display(), again.display())));
        }
        eprintln!("{hash}  {name}");
    }
    fs::remove_dir_all(&again).map_err(|source| Error::File { path: again, source })
}

fn keys(args: &ImageArgs) -> Result<Keys, Error> {
    let (Some(key), Some(certificate)) = (&args.key, &args.certificate) else {
        return keys::throw_away("development");
    };
    let keyring = args.keyring.as_ref().unwrap_or(certificate).clone();
    Ok(Keys { key: key.clone(), certificate: certificate.clone(), keyring })
}

fn packages() -> Result<Vec<list::Package>, Error> {
    let text = make::read(&make::scripts().join("packages.list"))?;
    list::packages(&text).map_err(|why| Error::Card(format!("packages.list: {why}")))
}

/// The time of everything in the image: of the commit, or what the environment says where there is no repository.
fn epoch() -> Result<u64, Error> {
    if let Some(epoch) = env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()) {
        return Ok(epoch);
    }
    let mut git = Command::new("git");
    let output = git.args(["log", "-1", "--format=%ct"]).current_dir(build::root()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let unknown =
        || Error::Card("the time of this version is unknown: no git repository, and no SOURCE_DATE_EPOCH".into());
    text.trim().parse().map_err(|_| unknown())
}

/// Later commits have higher versions, as RAUC compares them.
fn version() -> Result<String, Error> {
    Ok(format!("{}-{}", env!("CARGO_PKG_VERSION"), epoch()?))
}

/// Prints how large the parts are.
fn sizes(out: &Path) -> Result<(), Error> {
    eprintln!("\n── sizes");
    for (name, what) in [
        (COMPRESSED, "the card, compressed"),
        ("update.raucb", "the signed update"),
        ("slot.img", "a slot with its checksums"),
        ("first.cpio.zst", "the first file system"),
        ("vmlinuz.gz", "the kernel"),
    ] {
        let path = out.join(name);
        let size = fs::metadata(&path).map_err(|source| Error::File { path: path.clone(), source })?.len();
        eprintln!("  {:>8.1} MB  {what}: {}", size as f64 / 1e6, path.display());
    }
    Ok(())
}

/// Where images are made.
fn folder() -> PathBuf {
    build::target_folder().join("card")
}

/// An empty folder.
fn fresh_folder(path: &Path) -> Result<(), Error> {
    let emptied = match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(path),
    };
    emptied.map_err(|source| Error::File { path: path.to_owned(), source })
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(|source| Error::File { path: from.to_owned(), source })
}

/// What is directly in a folder, in order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = fs::read_dir(folder).map_err(|source| Error::File { path: folder.to_owned(), source })?;
    let mut entries: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    Ok(entries)
}

/// Files and links below a folder, in order.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in entries(folder)? {
        if path.is_dir() && !path.is_symlink() {
            files_below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
