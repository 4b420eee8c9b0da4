//! Use cases of accounts and of their tokens.

use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::secret::TokenText;
use waygate_core::tenant::{Account, FIRST_ACCOUNT};
use waygate_core::token::{ApiToken, TokenId, TokenKind};

use crate::gateway::Gateway;

/// A token that was just issued. Only this answer shows its text.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// What is kept of it.
    pub token: ApiToken,
    /// Its text.
    pub text: TokenText,
}

/// What a token lets its bearer do.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token's name.
    pub token: TokenId,
    /// Whose it is.
    pub account: AccountId,
    /// The one instance that it opens, when it opens only one; it may have been removed.
    pub instance: Option<InstanceRecord>,
}

impl Gateway {
    /// The account that a data directory begins with; opened when there is none.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn first_account(&self) -> Result<Account, Error> {
        let registry = &self.parts().ports.registry;
        if let Some(account) = registry.accounts().await?.into_iter().next() {
            return Ok(account);
        }
        let account = Account {
            id: AccountId::from_random_bytes(self.parts().dice.bytes()),
            name: FIRST_ACCOUNT.to_owned(),
            opened_at: self.now(),
        };
        registry.open_account(account.clone()).await?;
        Ok(account)
    }

    /// The account of this name.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none.
    pub async fn account_named(&self, name: &str) -> Result<Account, Error> {
        let accounts = self.parts().ports.registry.accounts().await?;
        let found = accounts.into_iter().find(|account| account.name == name);
        found.ok_or_else(|| Error::new(Kind::NotFound, "there is no such account"))
    }

    /// Issues a token for everything of its kind in an account. Only this answer shows it.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such account.
    pub async fn issue_token(
        &self,
        kind: TokenKind,
        account: AccountId,
    ) -> Result<IssuedToken, Error> {
        let text = self.new_token(kind);
        let hash = self.parts().keyring.token_hash(&text);
        let issued_at = self.now();
        let (instance, sealed, revoked_at) = (None, None, None);
        let token = ApiToken { kind, account, instance, hash, sealed, issued_at, revoked_at };
        self.parts().ports.registry.issue_token(token.clone()).await?;
        tracing::info!(token = %hash.id(), kind = kind.as_str(), "a token was issued");
        Ok(IssuedToken { token, text })
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

    /// What this token opens; `None` when it is not one of ours, not of this kind, or revoked.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn authenticate(
        &self,
        kind: TokenKind,
        text: &TokenText,
    ) -> Result<Option<Grant>, Error> {
        if !kind.may_be(text.expose()) {
            return Ok(None);
        }
        let registry = &self.parts().ports.registry;
        let hash = self.parts().keyring.token_hash(text);
        let found = registry.find_token(hash).await?;
        let Some(token) = found.filter(|it| it.kind == kind && it.revoked_at.is_none()) else {
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
        Ok(Some(Grant { token: token.id(), account: token.account, instance }))
    }

    /// The token of an instance, which its owner may read again; `None` when it has none that is
    /// valid.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn instance_token_text(
        &self,
        instance: &InstanceRecord,
    ) -> Result<Option<TokenText>, Error> {
        let tokens = self.parts().ports.registry.tokens(instance.account).await?;
        let own = tokens.iter().find(|token| {
            token.kind == TokenKind::Instance
                && token.instance == Some(instance.id)
                && token.revoked_at.is_none()
        });
        own.map_or(Ok(None), |token| self.open_token(token))
    }

    /// Gives an instance a new token; the one before is worth nothing from then on.
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
        let token = self.instance_token(&record, &text)?;
        let id = token.id();
        registry.replace_token(token).await?;
        self.parts().link_tickets.forget_instance(instance);
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
        text: &TokenText,
    ) -> Result<ApiToken, Error> {
        let (keyring, dice) = (&self.parts().keyring, &self.parts().dice);
        let hash = keyring.token_hash(text);
        let address = sealed_at(hash.id(), record.id);
        Ok(ApiToken {
            kind: TokenKind::Instance,
            account: record.account,
            instance: Some(record.id),
            hash,
            sealed: Some(keyring.seal(&address, text.expose().as_bytes(), dice)?),
            issued_at: self.now(),
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

pub(crate) fn no_such_instance() -> Error {
    Error::new(Kind::NotFound, "there is no such instance")
}

fn sealed_at(token: TokenId, instance: InstanceId) -> String {
    format!("token/{instance}/{token}")
}
