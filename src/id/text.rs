//! The text of an id: inline when short, shared when long.

use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::str;
use std::sync::Arc;

use crate::id::rule::DERIVED;

/// A UUID is 36 bytes; with length and tag this makes 40.
const INLINE: usize = 38;

/// An immutable text. The form depends on the length alone and what an inline text leaves free is zero, so
/// the derived equality is equality of bytes.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum Text {
    Inline { len: u8, bytes: [u8; INLINE] },
    Shared(Arc<str>),
}

impl Text {
    pub(super) fn new(text: &str) -> Text {
        let mut bytes = [0; INLINE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(len)) => {
                start.copy_from_slice(text.as_bytes());
                Text::Inline { len, bytes }
            }
            _ => Text::Shared(Arc::from(text)),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            // Checked on every call, a few nanoseconds: the price of no `unsafe`. It was a `str`, so it is one.
            Text::Inline { .. } => str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Text::Shared(text) => text,
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Text::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Text::Shared(text) => text.as_bytes(),
        }
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
        state.write_u8(0xff); // no UTF-8 byte, so that two texts in a row hash unlike another two
    }
}

/// Where a derived text is put together without allocating.
pub(super) struct Draft {
    len: usize,
    bytes: [u8; DERIVED],
}

impl Draft {
    /// The text that `arguments` print; `None` beyond [`DERIVED`] bytes.
    pub(super) fn of(arguments: fmt::Arguments<'_>) -> Option<Draft> {
        let mut draft = Draft { len: 0, bytes: [0; DERIVED] };
        draft.write_fmt(arguments).is_ok().then_some(draft)
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }
}

impl Write for Draft {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len + part.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

    use proptest::prelude::*;

    use super::*;

    fn hash(text: &Text) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
    }

    #[test]
    fn it_is_forty_bytes() {
        assert_eq!(size_of::<Text>(), 40);
    }

    #[test]
    fn the_form_depends_on_the_length_alone() {
        for len in 0..=130 {
            let text = "x".repeat(len);
            let made = Text::new(&text);
            assert_eq!(made.as_str(), text);
            assert_eq!(matches!(made, Text::Inline { .. }), len <= INLINE, "{len}");
        }
    }

    #[test]
    fn a_draft_takes_as_much_as_an_id_may_have() {
        let fits = "x".repeat(DERIVED);
        assert_eq!(
            Draft::of(format_args!("{fits}")).map(|draft| draft.as_str().to_owned()),
            Some(fits.clone())
        );
        assert!(Draft::of(format_args!("{fits}y")).is_none());
    }

    proptest! {
        #[test]
        fn it_behaves_as_the_text_it_holds(a in "\\PC{0,45}", b in "\\PC{0,45}") {
            let (x, y) = (Text::new(&a), Text::new(&b));
            prop_assert_eq!(x.as_str(), &a);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(hash(&x), hash(&x.clone()));
            prop_assert!(a == b || hash(&x) != hash(&y));
        }

        #[test]
        fn order_is_that_of_bytes_across_both_forms(a in "[ab]{36,40}", b in "[ab]{36,40}") {
            prop_assert_eq!(Text::new(&a).cmp(&Text::new(&b)), a.as_bytes().cmp(b.as_bytes()));
        }
    }
}
