//! `waygate token`: the tokens of an account.

use std::io::Write as _;

use waygate_core::error::Kind;
use waygate_core::tenant::Account;

use crate::commands::cli::{Common, Token, TokenCreate};
use crate::commands::config;
use crate::data_directory::{DataDirectory, World};
use crate::exit::{Exit, Failure};
use crate::logging;
use crate::setup::{self, Running};

pub(crate) async fn run(common: Common, command: Token) -> Result<(), Failure> {
    match command {
        Token::Create(create) => self::create(common, create).await,
    }
}

async fn create(common: Common, command: TokenCreate) -> Result<(), Failure> {
    let mut settings = config::load(&common, vec![])?;
    if !common.asks_for_a_log_level() {
        settings.log.level = waygate_config::LogLevel::Warn;
    }
    logging::start(settings.log)?;
    let link = setup::link_settings(&settings)?;
    let directory = DataDirectory::take(&settings.data_dir, World::OF_THIS_BUILD)?;
    let running = Running::open(&settings, link, directory).await?;
    let issued = issue(&running, &command).await;
    running.stop().await;
    // Alone on standard output, so that a script can take it.
    writeln!(std::io::stdout(), "{}", issued?.expose())?;
    Ok(())
}

async fn issue(
    running: &Running,
    command: &TokenCreate,
) -> Result<waygate_core::secret::TokenText, Failure> {
    let account = account(running, command.account.as_deref()).await?;
    Ok(running.gateway.issue_token(command.kind, account.id).await?.text)
}

/// The account of this name, or the first one.
async fn account(running: &Running, name: Option<&str>) -> Result<Account, Failure> {
    let Some(name) = name else {
        return Ok(running.gateway.first_account().await?);
    };
    running.gateway.account_named(name).await.map_err(|error| {
        if error.kind() == Kind::NotFound {
            Failure::new(Exit::NotFound, format!("there is no account {name:?}"))
        } else {
            error.into()
        }
    })
}
