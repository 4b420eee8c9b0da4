//! `waygate token`: the tokens of an account.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use waygate_core::token::TokenId;

use crate::commands::cli::{Common, Output, Token, TokenCreate, TokenList};
use crate::commands::operate::{operate, print, print_json};
use crate::control::{self, Absent, Api, Issued, Page};
use crate::exit::Failure;
use crate::terminal::table;

pub(crate) async fn run(common: Common, command: Token) -> Result<(), Failure> {
    match command {
        Token::Create(create) => {
            operate(&common, Absent::Make, async |api| self::create(api, create).await).await
        }
        Token::List(list) => {
            operate(&common, Absent::Refuse, async |api| self::list(api, &list).await).await
        }
        Token::Revoke(which) => {
            operate(&common, Absent::Refuse, async |api| revoke(api, which.id).await).await
        }
    }
}

async fn create(api: &Api, command: TokenCreate) -> Result<(), Failure> {
    let mut wish = json!({ "kind": command.kind.as_str() });
    if let Some(account) = command.account {
        wish["account"] = account.into();
    }
    let issued: Issued = api.post("/tokens", &wish).await?;
    // Alone on standard output, so that a script can take it.
    print(&format!("{}\n", issued.token))?;
    Ok(())
}

async fn list(api: &Api, command: &TokenList) -> Result<(), Failure> {
    let listed: Value = api.get("/tokens").await?;
    if command.output == Output::Json {
        return print_json(&listed);
    }
    let Page { data: tokens, .. } = Page::<control::Token>::deserialize(listed)?;
    let accounts: Page<Account> = api.get("/accounts").await?;
    let names: BTreeMap<String, String> =
        accounts.data.into_iter().map(|account| (account.id, account.name)).collect();
    let head = ["ID", "KIND", "ACCOUNT", "ISSUED", "REVOKED"].map(str::to_owned).to_vec();
    let row = |token: &control::Token| {
        let account = names.get(&token.account_id).unwrap_or(&token.account_id);
        vec![
            token.id.clone(),
            token.kind.clone(),
            account.clone(),
            table::time(&token.issued_at),
            token.revoked_at.as_deref().map(table::time).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = [head].into_iter().chain(tokens.iter().map(row)).collect();
    print(&table::aligned(&rows))?;
    Ok(())
}

#[derive(Deserialize)]
struct Account {
    id: String,
    name: String,
}

async fn revoke(api: &Api, token: TokenId) -> Result<(), Failure> {
    api.delete::<()>(&format!("/tokens/{token}")).await
}
