//! API tokens: what they look like, and what is kept of them.
//!
//! A token is looked up by a keyed hash, so what a store holds is worth nothing without the key.
//! Where an API shows a token again, a sealed copy is kept beside the hash.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::id::{AccountId, InstanceId};
use crate::secret::{Sealed, TokenText};

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// One instance: 50 lower-case hexadecimal digits.
    Instance,
    /// Creating, listing and removing an account's instances: `gac.` and 50 such digits.
    Partner,
}

impl TokenKind {
    /// Bytes of randomness that a new token is made of.
    pub const RANDOM_BYTES: usize = 25;

    /// The word that people and stores use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Partner => "partner",
        }
    }

    /// A new token of this kind out of random bytes.
    pub fn token(self, random: [u8; Self::RANDOM_BYTES]) -> TokenText {
        let digits = hex::encode(random);
        match self {
            Self::Instance => TokenText::new(digits),
            Self::Partner => TokenText::new(format!("gac.{digits}")),
        }
    }
}

/// The text is not the name of a kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is of kind instance or partner")]
pub struct UnknownTokenKind;

impl FromStr for TokenKind {
    type Err = UnknownTokenKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Instance, Self::Partner]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownTokenKind)
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
    /// How it is found.
    pub hash: TokenHash,
    /// The token itself, where an API shows it again.
    pub sealed: Option<Sealed>,
    /// When it was issued, to the millisecond.
    pub issued_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    /// Its name.
    pub fn id(&self) -> TokenId {
        self.hash.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_tokens_have_the_form_of_their_kind() {
        let random = [0xa5; TokenKind::RANDOM_BYTES];
        let instance = TokenKind::Instance.token(random);
        assert_eq!(instance.expose(), "a5".repeat(25));
        assert_eq!(TokenKind::Partner.token(random).expose(), format!("gac.{}", "a5".repeat(25)));
        for kind in [TokenKind::Instance, TokenKind::Partner] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            taken_over(kind.token(random).expose()).unwrap();
        }
        assert_eq!("root".parse::<TokenKind>(), Err(UnknownTokenKind));
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
}
