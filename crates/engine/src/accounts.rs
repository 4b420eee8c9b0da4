//! Use cases of accounts and of their tokens.

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::port::kept_answers::Creation;
use waygate_core::scope::Scopes;
use waygate_core::secret::TokenText;
use waygate_core::tenant::{self, Account, FIRST_ACCOUNT};
use waygate_core::token::{ApiToken, NAME_LENGTH_MAX, TokenHash, TokenId, TokenKind};

use crate::gateway::Gateway;
use crate::idempotency::Keeping;

/// A token that was just issued. Only this answer shows its text.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// What is kept of it.
    pub token: ApiToken,
    /// Its text.
    pub text: TokenText,
}

/// A token to be issued.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it opens.
    pub kind: TokenKind,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it; at most [`NAME_LENGTH_MAX`] characters, may be empty.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// From when on it is worth nothing; never, when there is no such time.
    pub expires_at: Option<Timestamp>,
}

impl NewToken {
    /// One without a name or an end that may do everything in its account.
    pub fn new(kind: TokenKind, account: AccountId) -> Self {
        let (name, scopes) = (String::new(), Scopes::of_account());
        Self { kind, account, name, scopes, expires_at: None }
    }
}

/// What a token lets its bearer do.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token's id.
    pub token: TokenId,
    /// By which it is found.
    pub(crate) hash: TokenHash,
    /// The session of the browser that comes in its place.
    pub(crate) session: Option<TokenHash>,
    /// What it may do.
    pub scopes: Scopes,
    /// Whose it is.
    pub account: AccountId,
    /// The one instance that it opens, when it opens only one; it may have been removed.
    pub instance: Option<InstanceRecord>,
}

impl Gateway {
    /// The oldest account that is open, by default the one that a data directory begins with; opened
    /// when there is none.
    ///
    /// # Errors
    ///
    /// `Conflict` when it was closed and every other one too, `Internal` when the store fails.
    pub async fn first_account(&self) -> Result<Account, Error> {
        let registry = &self.parts().ports.registry;
        let mut accounts = registry.accounts().await?.into_iter();
        if let Some(account) = accounts.find(|account| account.closed_at.is_none()) {
            return Ok(account);
        }
        let account = Account {
            id: AccountId::from_random_bytes(self.parts().dice.bytes()),
            name: FIRST_ACCOUNT.to_owned(),
            opened_at: self.now(),
            closed_at: None,
        };
        registry.open_account(account.clone()).await?;
        Ok(account)
    }

    /// The account of this name.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or it was closed.
    pub async fn account_named(&self, name: &str) -> Result<Account, Error> {
        let accounts = self.parts().ports.registry.accounts().await?;
        let found = accounts
            .into_iter()
            .find(|account| account.name == name && account.closed_at.is_none());
        found.ok_or_else(no_such_account)
    }

    /// The account with this id, also when it was closed; `None` when there is none.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        let accounts = self.parts().ports.registry.accounts().await?;
        Ok(accounts.into_iter().find(|account| account.id == id))
    }

    /// Opens an account.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that is empty or too long, `Conflict` when an account has or had it.
    pub async fn open_account(&self, name: String) -> Result<Account, Error> {
        self.open_account_keeping(name, None).await
    }

    /// The same, with its answer kept in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Gateway::open_account`].
    pub async fn open_account_keeping(
        &self,
        name: String,
        keeping: Option<Keeping<Account>>,
    ) -> Result<Account, Error> {
        check_account_name(&name)?;
        let account = Account {
            id: AccountId::from_random_bytes(self.parts().dice.bytes()),
            name,
            opened_at: self.now(),
            closed_at: None,
        };
        let creation = Creation::Account(account.clone());
        self.create(creation, &account, keeping.as_ref()).await.map_err(name_taken)?;
        tracing::info!(account = %account.id, "an account was opened");
        Ok(account)
    }

    /// Gives an account another name.
    ///
    /// # Errors
    ///
    /// As [`Gateway::open_account`], and `NotFound` when there is none, or it was closed.
    pub async fn rename_account(&self, account: AccountId, name: String) -> Result<(), Error> {
        check_account_name(&name)?;
        self.parts().ports.registry.rename_account(account, name).await.map_err(name_taken)
    }

    /// Closes an account: its tokens are worth nothing from then on.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or it was closed before; `WrongState` while it has instances,
    /// which have to be removed first, so that no phone goes on listing their devices.
    pub async fn close_account(&self, account: AccountId) -> Result<(), Error> {
        if !self.parts().ports.registry.close_account(account, self.now()).await? {
            return Err(no_such_account());
        }
        self.parts().revocations.tell();
        tracing::info!(%account, "an account was closed");
        Ok(())
    }

    /// Issues a token for everything of its kind in an account. Only this answer shows it.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that is too long, `NotFound` when there is no such account.
    pub async fn issue_token(&self, new: NewToken) -> Result<IssuedToken, Error> {
        self.issue_token_keeping(new, None).await
    }

    /// The same, with its answer kept in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Gateway::issue_token`].
    pub async fn issue_token_keeping(
        &self,
        new: NewToken,
        keeping: Option<Keeping<IssuedToken>>,
    ) -> Result<IssuedToken, Error> {
        if new.name.chars().count() > NAME_LENGTH_MAX {
            return Err(Error::new(Kind::Invalid, "the name is longer than 100 characters"));
        }
        let text = self.new_token(new.kind);
        let token = ApiToken {
            kind: new.kind,
            account: new.account,
            instance: None,
            name: new.name,
            scopes: new.scopes,
            hash: self.parts().keyring.token_hash(&text),
            sealed: None,
            issued_at: self.now(),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let creation = Creation::Token(Box::new(token.clone()));
        let issued = IssuedToken { token, text };
        self.create(creation, &issued, keeping.as_ref()).await?;
        let (token, kind) = (issued.token.id(), issued.token.kind.as_str());
        tracing::info!(%token, kind, "a token was issued");
        Ok(issued)
    }

    /// The tokens of an account that open all of it, in the order in which they were issued,
    /// revoked ones too.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn list_tokens(&self, account: AccountId) -> Result<Vec<ApiToken>, Error> {
        let tokens = self.parts().ports.registry.tokens(account).await?;
        Ok(tokens.into_iter().filter(|token| token.instance.is_none()).collect())
    }

    /// Makes a token of an account worth nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such token, or it was revoked before.
    pub async fn revoke_token(&self, account: AccountId, token: TokenId) -> Result<(), Error> {
        let missing = || Error::new(Kind::NotFound, "there is no such token");
        let own = self.list_tokens(account).await?;
        if !own.iter().any(|it| it.id() == token) {
            return Err(missing());
        }
        if self.parts().ports.registry.revoke_token(token, self.now()).await? {
            self.parts().revocations.tell();
            tracing::info!(%token, "a token was revoked");
            Ok(())
        } else {
            Err(missing())
        }
    }

    /// All accounts, in the order in which they were opened.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.parts().ports.registry.accounts().await
    }

    /// What this token opens; `None` when it is not one of ours, not of this kind, expired, or
    /// revoked.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn authenticate(
        &self,
        kind: TokenKind,
        text: &TokenText,
    ) -> Result<Option<Grant>, Error> {
        let registry = &self.parts().ports.registry;
        // Its form and checksum are not looked at: a wrong token takes one way, whichever byte of it
        // is wrong.
        let hash = self.parts().keyring.token_hash(text);
        let found = registry.find_token(hash).await?;
        let Some(token) = found.filter(|it| it.kind == kind && it.is_valid(self.now())) else {
            return Ok(None);
        };
        let instance = match token.instance {
            // A token whose instance is gone for good opens nothing.
            Some(id) => match registry.instance(id).await? {
                Some(record) => Some(record),
                None => return Ok(None),
            },
            None => None,
        };
        let (hash, scopes, account) = (token.hash, token.scopes, token.account);
        Ok(Some(Grant { token: token.id(), hash, session: None, scopes, account, instance }))
    }

    /// An instance's own token of this kind, which its owner may read again; `None` when it has none
    /// that is valid.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn instance_token_text(
        &self,
        instance: &InstanceRecord,
        kind: TokenKind,
    ) -> Result<Option<TokenText>, Error> {
        let tokens = self.parts().ports.registry.tokens(instance.account).await?;
        let own = tokens.iter().find(|token| {
            token.kind == kind && token.instance == Some(instance.id) && token.is_valid(self.now())
        });
        own.map_or(Ok(None), |token| self.open_token(token))
    }

    /// The same, and a new one where it has none: instances that are older than a kind of token have
    /// none of that kind.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn instance_token_or_new(
        &self,
        instance: &InstanceRecord,
        kind: TokenKind,
    ) -> Result<TokenText, Error> {
        let _turn = self.parts().instance_tokens_turn.lock().await;
        if let Some(text) = self.instance_token_text(instance, kind).await? {
            return Ok(text);
        }
        let text = self.new_token(kind);
        let token = self.instance_token(instance, kind, &text)?;
        self.parts().ports.registry.issue_token(token).await?;
        Ok(text)
    }

    /// Completes when this token is worth nothing any more: it was revoked, replaced, or expired, or
    /// its account was closed, or the browser that comes with its session was signed out. For answers
    /// that go on for longer than a moment.
    pub async fn until_worthless(&self, grant: &Grant) {
        let mut told = self.parts().revocations.watch();
        loop {
            let signed_in = match grant.session.map(|session| self.session_left(session)) {
                Some(None) => return,
                Some(left) => left,
                None => None,
            };
            // What cannot be read is not known to be worthless.
            let left = match self.parts().ports.registry.find_token(grant.hash).await {
                Ok(Some(token)) if token.is_valid(self.now()) => {
                    token.expires_at.map(|end| self.now().duration_until(end))
                }
                Ok(_worthless) => return,
                Err(_unknown) => None,
            };
            told.next(left.into_iter().chain(signed_in).min()).await;
        }
    }

    /// Gives an instance a new token for GREEN-API's paths; the one before is worth nothing from then
    /// on.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn renew_instance_token(&self, instance: InstanceId) -> Result<TokenText, Error> {
        let gateway = self.clone();
        // Whoever has the old token must not keep the tickets that it issued.
        self.see_through("renewal", async move { gateway.renew_token(instance).await }).await
    }

    async fn renew_token(&self, instance: InstanceId) -> Result<TokenText, Error> {
        let registry = &self.parts().ports.registry;
        let record = registry.instance(instance).await?.filter(|it| it.removed_at.is_none());
        let record = record.ok_or_else(no_such_instance)?;
        let text = self.new_token(TokenKind::Instance);
        let token = self.instance_token(&record, TokenKind::Instance, &text)?;
        let id = token.id();
        registry.replace_token(token).await?;
        self.parts().revocations.tell();
        self.revoke_link_tickets(instance).await?;
        tracing::info!(%instance, token = %id, "an instance has a new token");
        Ok(text)
    }

    pub(crate) fn new_token(&self, kind: TokenKind) -> TokenText {
        kind.token(self.parts().dice.bytes())
    }

    /// What is kept of an instance's token, which its owner may read again.
    pub(crate) fn instance_token(
        &self,
        record: &InstanceRecord,
        kind: TokenKind,
        text: &TokenText,
    ) -> Result<ApiToken, Error> {
        let (keyring, dice) = (&self.parts().keyring, &self.parts().dice);
        let hash = keyring.token_hash(text);
        let address = sealed_at(hash.id(), record.id);
        Ok(ApiToken {
            kind,
            account: record.account,
            instance: Some(record.id),
            name: String::new(),
            scopes: Scopes::of_account(),
            hash,
            sealed: Some(keyring.seal(&address, text.expose().as_bytes(), dice)?),
            issued_at: self.now(),
            expires_at: None,
            revoked_at: None,
        })
    }

    /// The text of an instance's token, from its sealed copy.
    pub(crate) fn open_token(&self, token: &ApiToken) -> Result<Option<TokenText>, Error> {
        let (Some(instance), Some(sealed)) = (token.instance, &token.sealed) else {
            return Ok(None);
        };
        let text = self.parts().keyring.open(&sealed_at(token.id(), instance), sealed)?;
        let text = std::str::from_utf8(&text)
            .map_err(|error| Error::new(Kind::Internal, "a token is unreadable").because(error))?;
        Ok(Some(TokenText::new(text)))
    }
}

fn check_account_name(name: &str) -> Result<(), Error> {
    if (1..=tenant::NAME_LENGTH_MAX).contains(&name.chars().count()) {
        Ok(())
    } else {
        Err(Error::new(Kind::Invalid, "an account's name has 1 to 100 characters"))
    }
}

fn name_taken(error: Error) -> Error {
    if error.kind() == Kind::Conflict {
        Error::new(Kind::Conflict, "an account has or had this name")
    } else {
        error
    }
}

fn no_such_account() -> Error {
    Error::new(Kind::NotFound, "there is no such account")
}

pub(crate) fn no_such_instance() -> Error {
    Error::new(Kind::NotFound, "there is no such instance")
}

fn sealed_at(token: TokenId, instance: InstanceId) -> String {
    format!("token/{instance}/{token}")
}
