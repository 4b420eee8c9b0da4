//! API tokens: what they look like, and what is kept of them.
//!
//! A token is looked up by a keyed hash, so what a store holds is worth nothing without the key.
//! Where an API shows a token again, a sealed copy is kept beside the hash.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::id::{AccountId, InstanceId};
use crate::scope::Scopes;
use crate::secret::{Sealed, TokenText};

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// One instance: 50 lower-case hexadecimal digits.
    Instance,
    /// Creating, listing and removing an account's instances: `gac.` and 50 such digits.
    Partner,
    /// Everything of an account, in the native API: `wg_`, 50 such digits, and 8 of their CRC-32.
    Native,
    /// Everything of an account, in the form of Laravel's Sanctum: a number, `|`, 40 such digits,
    /// and 8 of their CRC-32.
    Hypersender,
}

/// Where the checksum of a token begins, counted from its end.
const CHECKSUM_LENGTH: usize = 8;

const NATIVE_PREFIX: &str = "wg_";

impl TokenKind {
    /// Bytes of randomness that a new token is made of.
    pub const RANDOM_BYTES: usize = 25;

    /// The word that people and stores use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Partner => "partner",
            Self::Native => "native",
            Self::Hypersender => "hypersender",
        }
    }

    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Instance, Self::Partner, Self::Native, Self::Hypersender];

    /// A new token of this kind out of random bytes.
    pub fn token(self, random: [u8; Self::RANDOM_BYTES]) -> TokenText {
        let digits = hex::encode(random);
        match self {
            Self::Instance => TokenText::new(digits),
            Self::Partner => TokenText::new(format!("gac.{digits}")),
            Self::Native => TokenText::new(format!("{NATIVE_PREFIX}{}", with_checksum(&digits))),
            Self::Hypersender => {
                let (number, rest) = random.split_at(random.len() - SANCTUM_RANDOM_BYTES);
                let number = number.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                // A row's number in the vendor's database; seven digits look like one.
                let number = 1 + number % 9_999_999;
                TokenText::new(format!("{number}|{}", with_checksum(&hex::encode(rest))))
            }
        }
    }

    /// Whether a text has the form of a token of this kind, its checksum included: whoever was given
    /// one can be told that it was cut or mistyped. Tokens of instances may come from elsewhere and
    /// have any form.
    pub fn may_be(self, text: &str) -> bool {
        match self {
            Self::Instance => true,
            Self::Partner => text.starts_with("gac."),
            Self::Native => text.strip_prefix(NATIVE_PREFIX).is_some_and(has_checksum),
            Self::Hypersender => text.split_once('|').is_some_and(|(number, rest)| {
                number.bytes().all(|byte| byte.is_ascii_digit()) && has_checksum(rest)
            }),
        }
    }
}

/// How many of the random bytes stand behind the number of a Sanctum token.
const SANCTUM_RANDOM_BYTES: usize = 20;

fn with_checksum(text: &str) -> String {
    format!("{text}{:08x}", crc32fast::hash(text.as_bytes()))
}

fn has_checksum(text: &str) -> bool {
    let begin = text.len().checked_sub(CHECKSUM_LENGTH);
    let parts = begin.and_then(|begin| text.split_at_checked(begin));
    parts.is_some_and(|(rest, sum)| {
        sum == format!("{:08x}", crc32fast::hash(rest.as_bytes())) && !rest.is_empty()
    })
}

/// The text is not the name of a kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is of kind instance, partner, native or hypersender")]
pub struct UnknownTokenKind;

impl FromStr for TokenKind {
    type Err = UnknownTokenKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownTokenKind)
    }
}

/// The shortest token that may be taken over from elsewhere, in characters.
pub const TAKEN_OVER_LENGTH_MIN: usize = 16;

/// The longest, in characters.
pub const TAKEN_OVER_LENGTH_MAX: usize = 80;

/// The text cannot be an instance's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token has 16 to 80 letters, digits, `.`, `_` or `-`")]
pub struct UnusableToken;

/// A token of an instance that comes from another server: it stands in a path, so it must be one
/// plain segment, and long enough not to be guessed.
pub fn taken_over(text: &str) -> Result<TokenText, UnusableToken> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let fits = (TAKEN_OVER_LENGTH_MIN..=TAKEN_OVER_LENGTH_MAX).contains(&text.len());
    if fits && text.bytes().all(plain) && !text.starts_with('.') {
        Ok(TokenText::new(text))
    } else {
        Err(UnusableToken)
    }
}

/// A keyed hash of a token, by which it is looked up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Wraps a hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name by which people speak of this token.
    pub fn id(&self) -> TokenId {
        let mut name = [0; 8];
        for (to, from) in name.iter_mut().zip(self.0) {
            *to = from;
        }
        TokenId(name)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({}..)", self.id())
    }
}

/// The name by which people speak of a token: the first 16 digits of its hash. No secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; 8]);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

/// The text is not a token's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token's id has 16 hexadecimal digits")]
pub struct InvalidTokenId;

impl FromStr for TokenId {
    type Err = InvalidTokenId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_source| InvalidTokenId)?;
        Ok(Self(bytes))
    }
}

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// What it opens.
    pub kind: TokenKind,
    /// Whose it is.
    pub account: AccountId,
    /// The instance that it opens; every instance of the account when there is none.
    pub instance: Option<InstanceId>,
    /// What people call it; at most [`NAME_LENGTH_MAX`] characters, may be empty.
    pub name: String,
    /// What it may do within what it opens. Only the native API has more than one degree of it.
    pub scopes: Scopes,
    /// How it is found.
    pub hash: TokenHash,
    /// The token itself, where an API shows it again.
    pub sealed: Option<Sealed>,
    /// When it was issued, to the millisecond.
    pub issued_at: Timestamp,
    /// From when on it is worth nothing, to the millisecond.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The longest name of a token, in characters.
pub const NAME_LENGTH_MAX: usize = 100;

impl ApiToken {
    /// Whether it still opens something at this moment.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Its name.
    pub fn id(&self) -> TokenId {
        self.hash.id()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn new_tokens_have_the_form_of_their_kind() {
        let random = [0xa5; TokenKind::RANDOM_BYTES];
        let instance = TokenKind::Instance.token(random);
        assert_eq!(instance.expose(), "a5".repeat(25));
        assert_eq!(TokenKind::Partner.token(random).expose(), format!("gac.{}", "a5".repeat(25)));
        let native = TokenKind::Native.token(random);
        assert_eq!(native.expose(), format!("wg_{}694331cd", "a5".repeat(25)));
        let sanctum = TokenKind::Hypersender.token(random);
        assert_eq!(sanctum.expose(), format!("8771470|{}92d566fe", "a5".repeat(20)));
        for kind in TokenKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(kind.may_be(kind.token(random).expose()), "{kind:?}");
        }
        for kind in [TokenKind::Instance, TokenKind::Partner] {
            taken_over(kind.token(random).expose()).unwrap();
        }
        assert_eq!("root".parse::<TokenKind>(), Err(UnknownTokenKind));
    }

    #[test]
    fn the_checksum_of_a_published_token_is_right() {
        // The one in the Hypersender contract, section 2.1.
        let published = "57|kQ7mZr2VtB9xLw4cNf6yHs1dGj8pKa3uTe5RbXoWff7624f6";
        assert!(TokenKind::Hypersender.may_be(published));
    }

    #[test]
    fn a_cut_or_mistyped_token_is_known_as_such() {
        for kind in [TokenKind::Native, TokenKind::Hypersender] {
            let token = kind.token([0xa5; TokenKind::RANDOM_BYTES]);
            let text = token.expose();
            let cut: String = text.chars().take(text.len() - 1).collect();
            assert!(!kind.may_be(&cut), "{kind:?}");
            assert!(!kind.may_be(&text.replacen("a5", "a6", 1)), "{kind:?}");
            for bad in ["", "wg_", "1|", "|", "wg_00000000", "wg_\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"] {
                assert!(!kind.may_be(bad), "{kind:?} {bad}");
            }
        }
        assert!(!TokenKind::Partner.may_be("wg_1"));
    }

    #[test]
    fn a_token_from_elsewhere_must_fit_into_a_path_and_not_be_guessable() {
        for good in ["d75b3a66374942c5b3c019c698abc2067e151558acbd412345", "aB3_-.aB3_-.aB3_"] {
            assert_eq!(taken_over(good).unwrap().expose(), good);
        }
        let long = "a".repeat(81);
        for bad in [
            "",
            "short",
            "has/a/slash/in/it",
            "has a space in it",
            "a%2e%2e%2fbbbbbbbbbbb",
            "..aaaaaaaaaaaaaaaaa",
            "\u{fc}mlaut\u{fc}mlaut\u{fc}mlaut",
            long.as_str(),
        ] {
            assert_eq!(taken_over(bad).map(|_text| ()), Err(UnusableToken), "{bad}");
        }
    }

    #[test]
    fn a_hash_prints_no_more_than_the_tokens_name() {
        let hash = TokenHash::from_bytes([0xab; 32]);
        assert_eq!(format!("{hash:?}"), "TokenHash(abababababababab..)");
        assert_eq!(hash.id().to_string().parse(), Ok(hash.id()));
        for bad in ["", "abab", "zz".repeat(8).as_str(), "ab".repeat(9).as_str()] {
            assert_eq!(bad.parse::<TokenId>(), Err(InvalidTokenId), "{bad}");
        }
    }

    proptest! {
        /// Whatever text comes, it is judged without a panic, and what is let through is what it
        /// claims to be.
        #[test]
        fn every_text_is_judged_by_its_form(text in "(wg_|gac\\.|[0-9]{0,9}\\|)?\\PC{0,60}") {
            if TokenKind::Native.may_be(&text) {
                prop_assert!(text.starts_with("wg_") && text.len() > "wg_".len() + 8);
            }
            if TokenKind::Partner.may_be(&text) {
                prop_assert!(text.starts_with("gac."));
            }
            if let Ok(taken) = taken_over(&text) {
                prop_assert!((16..=80).contains(&taken.expose().len()));
                prop_assert!(!taken.expose().contains(['/', '%', '?', '#', ' ', '|']));
            }
            if let Ok(id) = text.parse::<TokenId>() {
                prop_assert_eq!(id.to_string(), text.to_lowercase());
            }
        }

        /// A checksum finds every single character that was mistyped.
        #[test]
        fn a_mistyped_token_is_known_as_such(
            random: [u8; TokenKind::RANDOM_BYTES],
            place: prop::sample::Index,
            other in "[0-9a-z]",
        ) {
            let token = TokenKind::Native.token(random);
            let mut wrong = token.expose().to_owned();
            let place = place.index(wrong.len());
            wrong.replace_range(place..=place, &other);
            prop_assert_eq!(TokenKind::Native.may_be(&wrong), wrong == token.expose());
        }
    }
}
