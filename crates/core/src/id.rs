//! Identifiers. Two things that can be confused have two types.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Defines the id of one kind of thing: a random UUID, written in lower case, with its own error.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $(#[$error_doc:meta])* $error:ident, $words:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl $name {
            /// Makes an id of 16 random bytes; the version and variant bits are set here.
            pub fn from_random_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// The id as a number.
            pub fn as_u128(self) -> u128 {
                self.0.as_u128()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        $(#[$error_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($words)]
        pub struct $error;

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // `Uuid` also reads braces, URNs and bare hex; one spelling is enough to compare by.
                let uuid = Uuid::try_parse(text).map_err(|_source| $error)?;
                let id = Self(uuid);
                if id.to_string() == text.to_ascii_lowercase() { Ok(id) } else { Err($error) }
            }
        }
    };
}

uuid_id!(
    /// One instance: the slot of one WhatsApp account. A random UUID, written in lower case.
    InstanceId,
    /// The text is not an instance id.
    InvalidInstanceId,
    "an instance id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
);

uuid_id!(
    /// One account: a tenant. A random UUID, written in lower case.
    AccountId,
    /// The text is not an account id.
    InvalidAccountId,
    "an account id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
);

uuid_id!(
    /// One linking attempt: one effort to link an instance. A random UUID, written in lower case.
    AttemptId,
    /// The text is not a linking attempt's id.
    InvalidAttemptId,
    "a linking attempt's id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
);

uuid_id!(
    /// One link ticket: an address that lets a person link an instance. It opens nothing. A random
    /// UUID, written in lower case.
    LinkTicketId,
    /// The text is not a link ticket's id.
    InvalidLinkTicketId,
    "a link ticket's id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
);

uuid_id!(
    /// One receiver of events, as its account named it. A random UUID, written in lower case.
    WebhookEndpointId,
    /// The text is not a webhook endpoint's id.
    InvalidWebhookEndpointId,
    "a webhook endpoint's id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
);

impl InstanceId {
    /// The 16 bytes of it.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id with these bytes, as [`InstanceId::to_bytes`] gave them.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

/// The short number of an instance, for APIs that address instances by number: 1 to 12 digits.
/// Not a secret, and never enough to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceNumber(u64);

impl InstanceNumber {
    /// The largest: 12 digits.
    pub const MAX: u64 = 999_999_999_999;

    /// The smallest that we give out.
    pub const GIVEN_MIN: u64 = 1_100_000_000;

    /// The largest that we give out: 10 digits, which every client can hold.
    pub const GIVEN_MAX: u64 = 9_999_999_999;

    /// The number, when it is one.
    pub fn new(number: u64) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// A number to give out, drawn by a random number.
    pub fn from_random(random: u64) -> Self {
        Self(Self::GIVEN_MIN + random % (Self::GIVEN_MAX - Self::GIVEN_MIN + 1))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for InstanceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not an instance's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instance's number has 1 to 12 digits and does not begin with 0")]
pub struct InvalidInstanceNumber;

impl FromStr for InstanceNumber {
    type Err = InvalidInstanceNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || text.len() > 12 || text.starts_with('0') {
            return Err(InvalidInstanceNumber);
        }
        text.parse().ok().and_then(Self::new).ok_or(InvalidInstanceNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instances_number_has_one_spelling_and_at_most_twelve_digits() {
        for good in ["1", "1105600123", "999999999999"] {
            assert_eq!(good.parse::<InstanceNumber>().unwrap().to_string(), good);
        }
        for bad in ["", "0", "0123", "-1", "+1", "1e3", "1234567890123", "12 3", "\u{661}"] {
            assert_eq!(bad.parse::<InstanceNumber>(), Err(InvalidInstanceNumber), "{bad}");
        }
        for random in [0, 1, u64::MAX] {
            let number = InstanceNumber::from_random(random).get();
            assert!((InstanceNumber::GIVEN_MIN..=InstanceNumber::GIVEN_MAX).contains(&number));
        }
    }

    #[test]
    fn an_account_id_reads_what_it_wrote() {
        let id = AccountId::from_random_bytes([9; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("main".parse::<AccountId>(), Err(InvalidAccountId));
    }

    #[test]
    fn an_attempt_id_reads_what_it_wrote() {
        let id = AttemptId::from_random_bytes([8; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("latest".parse::<AttemptId>(), Err(InvalidAttemptId));
    }

    #[test]
    fn an_instance_id_reads_what_it_wrote() {
        let id = InstanceId::from_random_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id), "case does not matter");
    }

    #[test]
    fn other_spellings_of_a_uuid_are_refused() {
        for text in [
            "",
            "x",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
        ] {
            assert_eq!(text.parse::<InstanceId>(), Err(InvalidInstanceId), "{text}");
        }
    }
}
