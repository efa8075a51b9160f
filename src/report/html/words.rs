//! Words of a record within markup, which escapes them.

use crate::printable::printable;
use std::borrow::Cow;

/// Words as an element or an attribute shows them, hidden characters made visible; line breaks stay.
pub fn text(words: &str) -> Cow<'_, str> {
    printable(words)
}
