//! `waygate account`: the tenants of a server.

use hyper::Method;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::commands::cli::{Account, Common, OnApi, Output};
use crate::commands::operate::{operate, print, print_json};
use crate::control::{self, Absent, Api, Page};
use crate::exit::{Exit, Failure};
use crate::terminal::table;

pub(crate) async fn run(common: Common, on_api: OnApi<Account>) -> Result<(), Failure> {
    let OnApi { reach, command } = on_api;
    let absent = match command {
        Account::Create(_) => Absent::Make,
        Account::List(_) | Account::Rename(_) | Account::Close(_) => Absent::Refuse,
    };
    operate(&common, &reach, absent, async |api| carry_out(api, &command).await).await
}

async fn carry_out(api: &Api, command: &Account) -> Result<(), Failure> {
    match command {
        Account::Create(create) => {
            let opened: Value = api.post("/accounts", &json!({ "name": create.name })).await?;
            if create.output == Output::Json {
                return print_json(&opened);
            }
            let account = control::Account::deserialize(opened)?;
            print(&format!("account {} is open: {}\n", account.name, account.id))?;
        }
        Account::List(list) => {
            let listed: Value = api.get("/accounts").await?;
            if list.output == Output::Json {
                return print_json(&listed);
            }
            let accounts = Page::<control::Account>::deserialize(listed)?.data;
            let head = ["NAME", "OPENED", "CLOSED", "ID"].map(str::to_owned).to_vec();
            let rows: Vec<Vec<String>> =
                [head].into_iter().chain(accounts.iter().map(row)).collect();
            print(&table::aligned(&rows))?;
        }
        Account::Rename(rename) => {
            let path = path_of(api, &rename.which.name).await?;
            let _renamed: Value = api.patch(&path, &json!({ "name": rename.new_name })).await?;
        }
        Account::Close(which) => {
            let path = path_of(api, &which.name).await?;
            let _nothing: Value = api.act(Method::DELETE, &path).await?;
            print(&format!("account {} is closed\n", which.name))?;
        }
    }
    Ok(())
}

/// Where the account of this name is.
async fn path_of(api: &Api, name: &str) -> Result<String, Failure> {
    let accounts: Page<control::Account> = api.get("/accounts").await?;
    let found = accounts.data.into_iter().find(|account| account.name == name);
    let account = found.ok_or_else(|| Failure::new(Exit::NotFound, "there is no such account"))?;
    Ok(format!("/accounts/{}", account.id))
}

fn row(account: &control::Account) -> Vec<String> {
    vec![
        account.name.clone(),
        table::time(&account.opened_at),
        account.closed_at.as_deref().map(table::time).unwrap_or_default(),
        account.id.clone(),
    ]
}
