//! Colours, and whether they can be told apart (WCAG 2.2, 1.4.3 and 1.4.11).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The least contrast of a text with what is behind it.
pub const CONTRAST_MIN: f64 = 4.5;

/// A colour of the sRGB space, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour([u8; 3]);

/// The text is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits, such as #0a6b4c")]
pub struct InvalidColour;

impl Colour {
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// White.
    pub const WHITE: Self = Self([255; 3]);

    /// The colour of these parts of red, green and blue.
    pub const fn from_rgb(parts: [u8; 3]) -> Self {
        Self(parts)
    }

    /// How much lighter one of two colours is than the other: 1 for the same, 21 for black and
    /// white.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    /// Black or white, whichever stands out more on this colour; one of them always does enough.
    #[must_use]
    pub fn text_on(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// This colour, made darker or lighter as far as it takes to be read on `ground`.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        let towards = ground.text_on();
        let steps = (0..=u8::MAX).map(|share| self.mixed(towards, share));
        let mut readable = steps.filter(|mixed| mixed.contrast(ground) >= CONTRAST_MIN);
        readable.next().unwrap_or(towards)
    }

    /// This colour with a share of another, in 255ths.
    fn mixed(self, other: Self, share: u8) -> Self {
        let mix = |own: u8, other: u8| {
            let (own, other, share) = (u16::from(own), u16::from(other), u16::from(share));
            let sum = own * (255 - share) + other * share;
            u8::try_from(sum / 255).unwrap_or(u8::MAX)
        };
        let ([red, green, blue], [to_red, to_green, to_blue]) = (self.0, other.0);
        Self([mix(red, to_red), mix(green, to_green), mix(blue, to_blue)])
    }

    /// Relative luminance, as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let mut parts = [0; 3];
        hex::decode_to_slice(digits, &mut parts).map_err(|_source| InvalidColour)?;
        Ok(Self(parts))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", hex::encode(self.0))
    }
}

impl TryFrom<String> for Colour {
    type Error = InvalidColour;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn a_colour_is_read_as_it_is_written() {
        assert_eq!(colour("#0A6b4C").to_string(), "#0a6b4c");
        for wrong in ["", "#", "0a6b4c", "#0a6b4", "#0a6b4c0", "#0g6b4c", "#\u{20ac}\u{20ac}"] {
            assert_eq!(wrong.parse::<Colour>(), Err(InvalidColour), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 0.001);
        assert!((colour("#777777").contrast(Colour::WHITE) - 4.478).abs() < 0.001);
        assert!((Colour::WHITE.contrast(Colour::WHITE) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn every_colour_becomes_readable_on_light_and_on_dark() {
        for number in (0..0x0100_0000_u32).step_by(4093) {
            let [_, red, green, blue] = number.to_be_bytes();
            let any = Colour::from_rgb([red, green, blue]);
            assert!(any.text_on().contrast(any) >= CONTRAST_MIN, "{any}");
            for ground in [colour("#eef2f0"), colour("#17201c")] {
                assert!(any.readable_on(ground).contrast(ground) >= CONTRAST_MIN, "{any}");
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let green = colour("#0a6b4c");
        assert_eq!(green.readable_on(Colour::WHITE), green);
        assert_ne!(green.readable_on(Colour::BLACK), green);
    }
}
