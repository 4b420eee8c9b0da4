//! `waygate token` on the command line.

use clap::{Args, Subcommand};
use waygate_core::scope::Scope;
use waygate_core::token::{TokenId, TokenKind};

use super::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Issues a token and prints it, alone; it is not shown again
    Create(TokenCreate),
    /// Lists the tokens that were issued, revoked ones too, without their texts
    List(TokenList),
    /// Makes a token worth nothing, at once and for good
    Revoke(TokenRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// What it opens: native (everything, in Waygate's own API), partner (GREEN-API's methods that
    /// create, list and delete instances) or hypersender (everything, in Hypersender's API)
    #[arg(long, value_name = "KIND", value_parser = account_wide)]
    pub(crate) kind: TokenKind,
    /// The account whose instances it opens; the first one when this is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// A name for people, of at most 100 characters
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// What a native token may do: read, link, send, manage, tokens or admin, several with commas; all but
    /// admin when this is not given
    #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
    pub(crate) scope: Vec<Scope>,
    /// After how many seconds it is worth nothing; never, when this is not given
    #[arg(long, value_name = "SECONDS")]
    pub(crate) expires_in: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct TokenList {
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevoke {
    /// Its id, 16 hexadecimal digits; `token list` tells it
    pub(crate) id: TokenId,
}

/// The kinds of tokens that are not of one instance.
fn account_wide(text: &str) -> Result<TokenKind, String> {
    match text.parse() {
        Ok(TokenKind::Instance) => Err("an instance gets its token when it is created".into()),
        Ok(kind @ (TokenKind::Partner | TokenKind::Native | TokenKind::Hypersender)) => Ok(kind),
        Err(_) => Err("a kind is native, partner or hypersender".into()),
    }
}
