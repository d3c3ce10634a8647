//! Why a text is no id.

/// Why a text is no id of its noun.
///
/// The offending text is quoted in backticks, cut to 60 characters and with control characters escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// There is no text.
    #[error("{noun} is empty; accepted: 1 to {max} bytes of printable text")]
    Empty {
        /// Which id, as `order id`.
        noun: &'static str,
        /// The most bytes accepted.
        max: usize,
    },
    /// The text is too long.
    #[error("{noun} `{value}` has {bytes} bytes; accepted: 1 to {max}")]
    TooLong {
        /// Which id.
        noun: &'static str,
        /// The start of what was given.
        value: String,
        /// How many bytes it has.
        bytes: usize,
        /// The most bytes accepted.
        max: usize,
    },
    /// The text holds a character that does not print, or turns the direction of what follows.
    #[error("{noun} `{value}` holds the character `{character}`; accepted: printable text without controls")]
    Unprintable {
        /// Which id.
        noun: &'static str,
        /// What was given.
        value: String,
        /// The first such character, escaped.
        character: String,
    },
    /// The text begins or ends with a blank, which no reader can see.
    #[error("{noun} `{value}` begins or ends with a blank; accepted: the same without")]
    Blank {
        /// Which id.
        noun: &'static str,
        /// What was given.
        value: String,
    },
    /// The noun has children, which `/` sets apart.
    #[error(
        "{noun} `{value}` holds `/`; accepted: printable text without it, since ids derived from it use it"
    )]
    Slash {
        /// Which id.
        noun: &'static str,
        /// What was given.
        value: String,
    },
}

/// Text from outside, safe to print on one line.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
