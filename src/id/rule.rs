//! What a text must be to be an id.

use crate::id::IdError;
use crate::id::error::shown;
use crate::id::text::Text;

/// The most bytes of an id that a host gives.
pub(super) const GIVEN: usize = 64;
/// The most bytes of an id that is derived, or that another system gave.
pub(super) const DERIVED: usize = 128;

/// What one noun accepts.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub noun: &'static str,
    pub max_bytes: usize,
    /// Whether `/` is allowed: nouns with children keep it for them.
    pub slash: bool,
}

impl Rule {
    /// The text, if it is an id. When several things are wrong: length, characters, blanks, slash.
    pub(super) fn check(self, text: &str) -> Result<Text, IdError> {
        let Rule { noun, max_bytes: max, slash } = self;
        if text.is_empty() {
            return Err(IdError::Empty { noun, max });
        }
        if text.len() > max {
            return Err(IdError::TooLong { noun, value: shown(text), bytes: text.len(), max });
        }
        if let Some(odd) = text.chars().find(|&character| is_unprintable(character)) {
            let character = odd.escape_default().to_string();
            return Err(IdError::Unprintable { noun, value: shown(text), character });
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(IdError::Blank { noun, value: shown(text) });
        }
        if !slash && text.contains('/') {
            return Err(IdError::Slash { noun, value: shown(text) });
        }
        Ok(Text::new(text))
    }
}

/// Controls, line and paragraph separators, the byte order mark, and what turns the direction of text (with
/// which two ids can look the same). Joiners stay: some scripts need them.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
}
