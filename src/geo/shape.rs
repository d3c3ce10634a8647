//! What a country's postcodes look like.

/// What a country's postcodes look like.
///
/// A pattern stands for texts of its own length: `#` for an ASCII digit, `@` for a capital ASCII letter,
/// anything else for itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PostcodeShape {
    /// A postcode has one of these patterns; the first is how the country writes it.
    pub patterns: &'static [&'static str],
    /// The same in words, with an example.
    pub accepted: &'static str,
}

impl PostcodeShape {
    /// Whether `text`, without blanks around it, has this shape.
    pub fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern, text.trim()))
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    pattern.len() == text.len()
        && pattern.bytes().zip(text.bytes()).all(|(wanted, given)| match wanted {
            b'#' => given.is_ascii_digit(),
            b'@' => given.is_ascii_uppercase(),
            literal => given == literal,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_as_long_as_what_it_stands_for() {
        for (pattern, text, expected) in [
            ("#####-###", "01310-100", true),
            ("#####-###", "01310-10", false),
            ("#####-###", "01310-1000", false),
            ("#####-###", "01310 100", false),
            ("#####-###", "0131a-100", false),
            ("@# #@@", "M1 1AE", true),
            ("@# #@@", "m1 1ae", false),
            ("####", "１２", false), // six bytes of full-width digits
            ("######", "１２", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
