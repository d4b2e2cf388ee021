//! The kinds of box that an image is made for.

/// Which computer. One image is for all Pis that Debian's stable kernel knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Board {
    /// Zero 2 W, 3 and 4.
    #[default]
    Pi,
    /// Pi 5: needs the backports' kernel. Nobody has tried it on a Pi 5.
    Pi5,
}

impl Board {
    /// The board called `name` on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Pi, Self::Pi5].into_iter().find(|board| board.name() == name)
    }

    /// Its name, in file names and in what an update says it is for.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pi => "pi",
            Self::Pi5 => "pi5",
        }
    }

    /// Whether its kernel comes from the backports.
    pub(crate) const fn backports(self) -> bool {
        matches!(self, Self::Pi5)
    }
}
