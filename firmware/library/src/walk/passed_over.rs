//! Sound files of kinds that are not looked at, counted by their endings: who misses their music learns why.

use std::collections::BTreeMap;
use std::path::Path;

use super::ends_in;

/// Endings of sound that no decoder here is for, lower case.
const ENDINGS: [&str; 37] = [
    "aa", "aax", "ac4", "amr", "ape", "asf", "au", "awb", "dff", "dsf", "dtshd", "gsm", "it", "mid", "midi", "mlp",
    "mod", "mpc", "mpp", "ofr", "oma", "ra", "ram", "rm", "s3m", "shn", "snd", "spc", "tak", "thd", "tta", "voc",
    "vqf", "wma", "wmv", "wv", "xm",
];

/// How many files there are of each ending.
pub(crate) type PassedOver = BTreeMap<&'static str, u64>;

/// Counts `path` if it is such a file.
pub(super) fn count(passed_over: &mut PassedOver, path: &Path) {
    if let Some(ending) = ENDINGS.into_iter().find(|ending| ends_in(path, &[ending])) {
        *passed_over.entry(ending).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_that_is_not_looked_at_is_counted() {
        assert!(ENDINGS.iter().all(|ending| !super::super::ENDINGS.contains(ending)));
        let mut counted = PassedOver::new();
        for name in ["a.WMA", "b.wma", "c.ape", "d.mp3", "e.jpg", "wma"] {
            count(&mut counted, Path::new(name));
        }
        assert_eq!(counted.into_iter().collect::<Vec<_>>(), [("ape", 1), ("wma", 2)]);
    }
}
