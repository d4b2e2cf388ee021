//! `cargo xtask image`: from sources and Debian's packages to a file that is flashed, and to a signed update.
//!
//! Everything is made below `target/card` and kept until its inputs change. Packages are unpacked, never installed, so
//! that no program of arm64 runs here and no script of a package runs at all; scripts of ours in `image/card` do the rest
//! inside the tool chain's folder, so that this machine's own tools and their versions leave no trace in the image.

mod boot;
mod disk;
mod emulate;
mod flash;
mod keys;
mod list;
mod make;
mod sbom;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use flash::flash;
use keys::Keys;

use crate::board::Board;
use crate::build;
use crate::cli::{ImageArgs, Locked};
use crate::debian::{self, Cache, Debian, Lock, Wanted};
use crate::error::Error;
use crate::made::made;
use crate::packages::For;
use crate::setup;
use crate::stage::Stages;
use crate::tools::{self, cross, jail};
use crate::{files, places};

/// The card as it is handed out: made only for who hands it out, because that takes longer than all the rest.
const COMPRESSED: &str = "card.img.xz";

/// The lock file beside the card: what it was made of.
const LOCK: &str = "lock.txt";

/// Makes the image.
pub(crate) fn image(args: &ImageArgs) -> Result<(), Error> {
    let mut stages = Stages::default();
    stages.run("set-up", || {
        // Known now, and not when everything else has been made.
        make::firmware(args.firmware.as_deref())?;
        jail::possible()?;
        setup::ensure(&[For::Machine], args.yes)
    })?;
    let cache = Cache::at(args.cache.as_deref());
    let lock = stages.run("packages and crates", || {
        let lock = packages(args)?;
        build::fetch()?;
        Ok(lock)
    })?;
    if args.update_lock {
        files::write(&debian::lock_path(args.board), &debian::write_lock(&lock))?;
    }
    if args.dry {
        stages.print();
        return Ok(());
    }
    stages.run("arm64 tool chain", || tools::make(&cache, &lock))?;
    let (out, recipe) = whole(&mut stages, args, &cache, &lock)?;
    if !out.join(COMPRESSED).exists() {
        stages.run("compressed card", || recipe.compress(&out))?;
    }
    if args.check {
        stages.run("the same once more", || again(&recipe, &out))?;
    }
    stages.print();
    sizes(&out)?;
    if args.emulate { emulate::emulate(&out) } else { Ok(()) }
}

/// Returns the packages that the card will be made of, all of them in the cache.
fn packages(args: &ImageArgs) -> Result<Lock, Error> {
    let cache = Cache::at(args.cache.as_deref());
    let path = match &args.locked {
        Locked::No => return newest(&Debian::now(cache), args.board),
        Locked::Repository => debian::lock_path(args.board),
        Locked::File(path) => path.clone(),
    };
    let listed = listed()?;
    debian::locked(&path, &wanted(args.board, &names(&listed)), &cache)
}

/// Returns the newest packages that a card for `board` can be made of, all of them in the cache.
pub(crate) fn newest(debian: &Debian, board: Board) -> Result<Lock, Error> {
    let listed = listed()?;
    debian.card(&wanted(board, &names(&listed)))
}

fn wanted<'a>(board: Board, card: &'a [&'a str]) -> Wanted<'a> {
    Wanted { board, tools: &tools::PACKAGES, card }
}

/// Makes the image in `out` and faulty slots and updates in `faulty`, for tests; returns the folder of both.
pub(crate) fn with_faulty(stages: &mut Stages, args: &ImageArgs, cache: &Cache, lock: &Lock) -> Result<PathBuf, Error> {
    let (out, recipe) = whole(stages, args, cache, lock)?;
    let faulty = recipe.folder().join("faulty");
    let script = files::read(&places::card_scripts().join("faulty.sh"))?;
    let inputs = format!("{script}{}", files::read(&out.with_extension("inputs"))?);
    stages.run("faulty slots and updates", || made(&faulty, &inputs, || recipe.faulty(&out, &faulty)))?;
    Ok(recipe.folder())
}

/// Makes the board's image and update: `card.img` and `update.raucb` in the folder that is returned.
fn whole(stages: &mut Stages, args: &ImageArgs, cache: &Cache, lock: &Lock) -> Result<(PathBuf, make::Recipe), Error> {
    let program = match &args.program {
        Some(program) => program.clone(),
        None => stages.run("the box for arm64", cross::partybox)?,
    };
    let (board, firmware) = (args.board, args.firmware.clone());
    let recipe = make::Recipe { board, epoch: epoch()?, version: version()?, program, keys: keys(args)?, firmware };
    let debs = recipe.folder().join("debs");
    cache.link(&lock.card, &debs)?;
    let out = recipe.folder().join("out");
    let inputs = recipe.inputs(lock)?;
    stages.run("image", || {
        made(&out, &inputs, || {
            recipe.root(&listed()?, &debs, &out)?;
            recipe.card(&out)?;
            recipe.update(&out)?;
            files::write(&out.join(LOCK), &debian::write_lock(lock))?;
            sbom::write(&out.join("parts.cdx.json"), &recipe.version, lock, &out.join("copyright"))
        })
    })?;
    Ok((out, recipe))
}

/// Makes the trees and the card a second time, elsewhere and later, and compares with what is in `out`.
fn again(recipe: &make::Recipe, out: &Path) -> Result<(), Error> {
    let again = recipe.folder().join("again");
    files::fresh_folder(&again)?;
    recipe.root(&listed()?, &recipe.folder().join("debs"), &again)?;
    recipe.card(&again)?;
    recipe.compress(&again)?;
    for name in ["first.cpio", "slot.img", "boot.img", "data.img", "card.img", COMPRESSED] {
        let hash = files::sha256(&out.join(name))?;
        if hash != files::sha256(&again.join(name))? {
            return Err(Error::Card(format!("{name} differs between {} and {}", out.display(), again.display())));
        }
        eprintln!("{hash}  {name}");
    }
    files::remove(&again)
}

fn keys(args: &ImageArgs) -> Result<Keys, Error> {
    let (Some(key), Some(certificate)) = (&args.key, &args.certificate) else {
        return keys::throw_away("development");
    };
    let keyring = args.keyring.as_ref().unwrap_or(certificate).clone();
    Ok(Keys { key: key.clone(), certificate: certificate.clone(), keyring })
}

fn listed() -> Result<Vec<list::Package>, Error> {
    let text = files::read(&places::card_scripts().join("packages.list"))?;
    list::packages(&text).map_err(|why| Error::Card(format!("packages.list: {why}")))
}

fn names(listed: &[list::Package]) -> Vec<&str> {
    listed.iter().map(|package| package.name.as_str()).collect()
}

/// The time of everything in the image: of the commit, or what the environment says where there is no repository.
fn epoch() -> Result<u64, Error> {
    if let Some(epoch) = env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()) {
        return Ok(epoch);
    }
    let mut git = Command::new("git");
    let output = git.args(["log", "-1", "--format=%ct"]).current_dir(places::root()).output();
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
        ("first.cpio", "the first file system"),
        ("vmlinuz", "the kernel, as it is"),
    ] {
        let path = out.join(name);
        eprintln!("  {:>8.1} MB  {what}: {}", files::size(&path)? as f64 / 1e6, path.display());
    }
    eprintln!("  made of what {} names", out.join(LOCK).display());
    Ok(())
}
