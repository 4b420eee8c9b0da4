//! Sessions of the console: what a browser has instead of the key that its owner signed in with.
//!
//! The browser never keeps the key, and a session is worth what the key is worth: each call looks the
//! key up again. Sessions are in memory: a restart signs everybody out, and the key signs in again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use waygate_core::error::Error;
use waygate_core::secret::TokenText;
use waygate_core::token::{TokenHash, TokenKind};

use crate::accounts::Grant;
use crate::gateway::Gateway;

/// How long a browser stays signed in.
pub const SESSION_FOR: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions of one key at a time; the oldest one above ends.
pub const SESSIONS_MAX: usize = 32;

/// A session that was just opened. Only this answer shows its text.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its text: 50 lower-case hexadecimal digits.
    pub text: TokenText,
    /// How long it is valid.
    pub valid_for: Duration,
}

/// The sessions of this process, by hash.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<TokenHash, Kept>>);

#[derive(Clone, Copy)]
struct Kept {
    key: TokenHash,
    expires_at: Timestamp,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(hidden)")
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TokenHash, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, session: TokenHash, kept: Kept, now: Timestamp) {
        let mut sessions = self.lock();
        sessions.retain(|_session, it| it.expires_at > now);
        let mut others: Vec<(Timestamp, TokenHash)> = sessions
            .iter()
            .filter(|(_session, it)| it.key == kept.key)
            .map(|(session, it)| (it.expires_at, *session))
            .collect();
        others.sort_unstable();
        let too_many = (others.len() + 1).saturating_sub(SESSIONS_MAX);
        for (_expires_at, oldest) in others.into_iter().take(too_many) {
            sessions.remove(&oldest);
        }
        sessions.insert(session, kept);
    }
}

impl Gateway {
    /// Signs a browser in by a key of the native API; `None` when it is not one that is valid.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn open_session(&self, key: &TokenText) -> Result<Option<Session>, Error> {
        let Some(grant) = self.authenticate(TokenKind::Native, key).await? else {
            return Ok(None);
        };
        let text = self.new_token(TokenKind::Instance);
        let session = self.parts().keyring.token_hash(&text);
        let now = self.now();
        let kept = Kept { key: grant.hash, expires_at: now + SESSION_FOR };
        self.parts().sessions.add(session, kept, now);
        // The oldest one may have ended.
        self.parts().revocations.tell();
        Ok(Some(Session { text, valid_for: SESSION_FOR }))
    }

    /// What a session lets its browser do: what its key lets its owner do; `None` when either is not
    /// valid any more.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn session_grant(&self, text: &TokenText) -> Result<Option<Grant>, Error> {
        let session = self.parts().keyring.token_hash(text);
        let kept = self.parts().sessions.lock().get(&session).copied();
        let now = self.now();
        let Some(kept) = kept.filter(|kept| kept.expires_at > now) else { return Ok(None) };
        let found = self.parts().ports.registry.find_token(kept.key).await?;
        let valid = found.filter(|it| it.kind == TokenKind::Native && it.is_valid(now));
        Ok(valid.map(|token| Grant {
            token: token.id(),
            hash: token.hash,
            session: Some(session),
            scopes: token.scopes,
            account: token.account,
            instance: None,
        }))
    }

    /// Signs a browser out.
    pub fn close_session(&self, text: &TokenText) {
        let session = self.parts().keyring.token_hash(text);
        self.parts().sessions.lock().remove(&session);
        self.parts().revocations.tell();
    }

    /// How much longer a session lasts; `None` when it has ended.
    pub(crate) fn session_left(&self, session: TokenHash) -> Option<SignedDuration> {
        let kept = self.parts().sessions.lock().get(&session).copied()?;
        let left = self.now().duration_until(kept.expires_at);
        left.is_positive().then_some(left)
    }
}
