//! `waygate account` on the command line.

use clap::{Args, Subcommand};

use super::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Opens an account: a tenant with instances and tokens of its own, which sees no others
    Create(AccountCreate),
    /// Lists all accounts, closed ones too
    List(AccountList),
    /// Gives an account another name
    Rename(AccountRename),
    /// Closes an account, once it has no instances any more; its tokens are worth nothing then
    Close(AccountNamed),
}

#[derive(Debug, Args)]
pub(crate) struct AccountCreate {
    /// Its name, of 1 to 100 characters, which no other account has or had
    pub(crate) name: String,
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct AccountList {
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct AccountRename {
    #[command(flatten)]
    pub(crate) which: AccountNamed,
    /// Its new name
    pub(crate) new_name: String,
}

#[derive(Debug, Args)]
pub(crate) struct AccountNamed {
    /// Its name
    pub(crate) name: String,
}
