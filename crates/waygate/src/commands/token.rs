//! `waygate token`: the tokens of an account.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use waygate_core::token::TokenId;

use crate::commands::cli::{Common, OnApi, Output, Token, TokenCreate, TokenList};
use crate::commands::operate::{operate, print, print_for_sure, print_json};
use crate::control::{self, Absent, Api, Issued, Page};
use crate::exit::{Exit, Failure};
use crate::terminal::table;

pub(crate) async fn run(common: Common, on_api: OnApi<Token>) -> Result<(), Failure> {
    let OnApi { reach, command } = on_api;
    match command {
        Token::Create(create) => {
            operate(&common, &reach, Absent::Make, async |api| self::create(api, create).await)
                .await
        }
        Token::List(list) => {
            operate(&common, &reach, Absent::Refuse, async |api| self::list(api, &list).await).await
        }
        Token::Revoke(which) => {
            operate(&common, &reach, Absent::Refuse, async |api| revoke(api, which.id).await).await
        }
    }
}

async fn create(api: &Api, command: TokenCreate) -> Result<(), Failure> {
    let mut wish = json!({ "kind": command.kind.as_str() });
    if let Some(account) = command.account {
        wish["account"] = account.into();
    }
    if !command.name.is_empty() {
        wish["name"] = command.name.into();
    }
    if !command.scope.is_empty() {
        wish["scopes"] = command.scope.iter().map(|scope| scope.as_str()).collect();
    }
    if let Some(seconds) = command.expires_in {
        wish["expires_in"] = seconds.into();
    }
    let issued: Issued = api.post("/tokens", &wish).await?;
    // Alone on standard output, so that a script can take it.
    if let Err(error) = print_for_sure(&format!("{}\n", issued.token)) {
        return Err(unseen(api, &issued.id, error).await);
    }
    Ok(())
}

/// Revokes a token that nobody has seen.
async fn unseen(api: &Api, id: &str, error: std::io::Error) -> Failure {
    let revoked = match api.delete::<()>(&format!("/tokens/{id}")).await {
        Ok(()) => "it was revoked".to_owned(),
        Err(failure) => {
            format!("it is still valid: `waygate token revoke {id}` ({})", failure.sentence())
        }
    };
    let error = anyhow::Error::from(error).context("the token could not be printed");
    Failure::from(error).and(&format!("; {revoked}"))
}

async fn list(api: &Api, command: &TokenList) -> Result<(), Failure> {
    let listed: Value = api.get("/tokens").await?;
    if command.output == Output::Json {
        return print_json(&listed);
    }
    let Page { data: tokens, .. } = Page::<control::Token>::deserialize(listed)?;
    let names = account_names(api).await?;
    let head = ["ID", "KIND", "NAME", "ACCOUNT", "ISSUED", "EXPIRES", "REVOKED"]
        .map(str::to_owned)
        .to_vec();
    let row = |token: &control::Token| {
        let account = names.get(&token.account_id).unwrap_or(&token.account_id);
        vec![
            token.id.clone(),
            token.kind.clone(),
            token.name.clone(),
            account.clone(),
            table::time(&token.issued_at),
            token.expires_at.as_deref().map(table::time).unwrap_or_default(),
            token.revoked_at.as_deref().map(table::time).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = [head].into_iter().chain(tokens.iter().map(row)).collect();
    print(&table::aligned(&rows))?;
    Ok(())
}

/// The names of accounts by their ids; none where only the operator may know them.
async fn account_names(api: &Api) -> Result<BTreeMap<String, String>, Failure> {
    match api.get::<Page<control::Account>>("/accounts").await {
        Ok(accounts) => {
            Ok(accounts.data.into_iter().map(|account| (account.id, account.name)).collect())
        }
        Err(refused) if matches!(refused.exit(), Exit::NotFound | Exit::Usage) => {
            Ok(BTreeMap::new())
        }
        Err(failure) => Err(failure),
    }
}

async fn revoke(api: &Api, token: TokenId) -> Result<(), Failure> {
    api.delete::<()>(&format!("/tokens/{token}")).await
}
