//! Values that must never reach a log, a span, a metric or an error.
//!
//! Whoever scans a QR text decides which phone joins an instance, so the text is as good as a
//! password. The type prints nothing: a state that holds a code can be logged whole.

use std::fmt;

/// The text inside a QR code, as a phone reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct QrText(Box<str>);

impl QrText {
    /// Wraps the text; from here on it has to be asked for by name.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for drawing it. Never hand it to anything that formats or stores.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QrText(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_text_does_not_print_itself() {
        let code = QrText::new("2@canary,second,third");
        assert_eq!(format!("{code:?}"), "QrText(hidden)");
        assert_eq!(code.expose(), "2@canary,second,third");
    }
}
