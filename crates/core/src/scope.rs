//! What a token may do.

use std::fmt;
use std::str::FromStr;

/// One right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See instances, their states and what happened to them.
    Read,
    /// Link instances: codes, linking attempts, link tickets.
    Link,
    /// Send messages, and give up those that wait.
    Send,
    /// Create, change, start, stop, restart, log out and remove instances, and change settings.
    Manage,
    /// Issue, list and revoke tokens of the account, and read what was done with them.
    Tokens,
    /// Everything of every account, and the accounts themselves.
    Admin,
}

impl Scope {
    /// All rights.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Link, Self::Send, Self::Manage, Self::Tokens, Self::Admin];

    /// The word that people and stores use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Link => "link",
            Self::Send => "send",
            Self::Manage => "manage",
            Self::Tokens => "tokens",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, link, send, manage, tokens or admin")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// No right at all.
    pub const NONE: Self = Self(0);

    /// Everything within one account: all but [`Scope::Admin`].
    pub fn of_account() -> Self {
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Admin).collect()
    }

    /// Every right: the operator's.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// What the token of one instance gives in a vendor's contract, which knows no lesser rights.
    pub fn of_instance() -> Self {
        [Scope::Read, Scope::Link, Scope::Send, Scope::Manage].into_iter().collect()
    }

    /// Whether this right is among them.
    pub fn holds(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of those are among these. Nobody gives away what he has not.
    pub fn covers(self, those: Self) -> bool {
        self.0 & those.0 == those.0
    }

    /// One of those that is not among these.
    pub fn lacks(self, those: Self) -> Option<Scope> {
        those.iter().find(|scope| !self.holds(*scope))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The rights, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.holds(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    /// The words with a blank between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            let before = if place == 0 { "" } else { " " };
            write!(f, "{before}{scope}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    /// Reads what `Display` writes, in any order.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_as_they_are_written() {
        for bits in 0..1 << Scope::ALL.len() {
            let scopes = Scopes(bits);
            assert_eq!(scopes.to_string().parse(), Ok(scopes), "{scopes}");
            assert_eq!(scopes.iter().collect::<Scopes>(), scopes);
            assert_eq!(scopes.is_empty(), bits == 0);
        }
        assert_eq!("manage read".parse::<Scopes>().unwrap().to_string(), "read manage");
        assert_eq!("read write".parse::<Scopes>(), Err(UnknownScope));
    }

    #[test]
    fn an_account_has_every_right_but_the_operators() {
        let own = Scopes::of_account();
        for scope in Scope::ALL {
            assert_eq!(own.holds(scope), scope != Scope::Admin, "{scope}");
            assert!(Scopes::all().holds(scope), "{scope}");
        }
        assert!(own.covers(Scopes::of_instance()) && !own.covers(Scopes::all()));
    }

    #[test]
    fn a_set_covers_what_is_in_it_and_no_more() {
        let few: Scopes = [Scope::Read, Scope::Link].into_iter().collect();
        assert!(Scopes::of_account().covers(few));
        assert!(few.covers(few) && few.covers(Scopes::NONE));
        assert!(!few.covers(Scopes::of_account()));
        assert!(!few.covers([Scope::Manage].into_iter().collect()));
        assert_eq!(few.lacks(Scopes::of_account()), Some(Scope::Send));
        assert_eq!(few.lacks(few), None);
    }
}
