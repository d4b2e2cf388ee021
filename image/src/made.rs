//! Folders that are made once and again whenever what they are made of changes.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::files;

/// Makes `folder` afresh with `make` unless it was made of exactly these `inputs`.
///
/// The inputs are written beside it last: a half-made folder has none and is made again.
pub(crate) fn made(folder: &Path, inputs: &str, make: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    let stamp = folder.with_extension("inputs");
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == inputs) {
        eprintln!("{} is up to date", folder.display());
        return Ok(());
    }
    files::remove(&stamp)?;
    files::fresh_folder(folder)?;
    make()?;
    files::write(&stamp, inputs)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::places;

    #[test]
    fn a_folder_is_made_again_only_if_its_inputs_change_or_its_making_failed() {
        let folder = places::target().join(format!("made-{}", std::process::id()));
        let count = Cell::new(0);
        let ask = |inputs, result: fn() -> Result<(), Error>| {
            made(&folder, inputs, || {
                count.set(count.get() + 1);
                fs::write(folder.join(inputs), "").expect("the folder is there");
                result()
            })
        };
        assert!(ask("a", || Err(Error::NoExecutable)).is_err());
        for _ in 0..2 {
            ask("a", || Ok(())).expect("made");
        }
        assert_eq!(count.get(), 2, "once in vain, once for good");
        ask("b", || Ok(())).expect("made again");
        assert!(count.get() == 3 && folder.join("b").exists() && !folder.join("a").exists(), "nothing old is left");
        fs::remove_dir_all(&folder).expect("ours");
        fs::remove_file(folder.with_extension("inputs")).expect("ours");
    }
}
