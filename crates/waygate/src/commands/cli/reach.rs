//! Where a command finds the API: on this machine, or at a server elsewhere.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use waygate_config::Sources;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;

use super::secret;
use crate::control::Remote;
use crate::exit::{Exit, Failure};

/// Where the help lists these.
const ELSEWHERE: &str = "To reach a server elsewhere";

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// A longer text is no token.
const TOKEN_BYTES_MAX: u64 = 1024;

#[derive(Debug, Args)]
pub(crate) struct Reach {
    /// The address of a server elsewhere, such as <https://wa.example.org>; else the environment's
    /// `WAYGATE_SERVER`, and without either the data directory on this machine
    #[arg(long, global = true, value_name = "URL", help_heading = ELSEWHERE, conflicts_with = "data_dir")]
    server: Option<String>,
    /// A token of kind native for that server, else the environment's `WAYGATE_TOKEN`; `-` reads it
    /// from standard input, which no list of processes shows
    #[arg(long, global = true, value_name = "TOKEN", help_heading = ELSEWHERE, value_parser = secret)]
    token: Option<TokenText>,
    /// The file with that token
    #[arg(long, global = true, value_name = "FILE", help_heading = ELSEWHERE, conflicts_with = "token")]
    token_file: Option<PathBuf>,
}

impl Reach {
    /// The server elsewhere, when the command line or the environment names one. `sources` brings
    /// the environment; `has_directory` says that the command line names a data directory, which is
    /// stronger.
    pub(crate) fn remote(
        &self,
        sources: &Sources,
        has_directory: bool,
    ) -> Result<Option<Remote>, Failure> {
        let usage = |sentence: &'static str| Failure::new(Exit::Usage, sentence);
        let from_environment = sources.server().filter(|_server| !has_directory);
        let server = match (&self.server, from_environment) {
            (Some(server), _) => server.as_str(),
            (None, Some(server)) => {
                server.to_str().ok_or_else(|| usage("WAYGATE_SERVER is no address"))?
            }
            (None, None) if self.token.is_some() || self.token_file.is_some() => {
                return Err(usage("a token is for a server elsewhere: name it with --server"));
            }
            (None, None) => return Ok(None),
        };
        let token = self.token_text(sources)?.ok_or_else(|| {
            usage("a server elsewhere needs a token: --token, --token-file or WAYGATE_TOKEN")
        })?;
        if !TokenKind::Native.may_be(token.expose()) {
            return Err(usage("the token is not of kind native, or was cut or mistyped"));
        }
        Remote::new(server, token).map(Some)
    }

    fn token_text(&self, sources: &Sources) -> Result<Option<TokenText>, Failure> {
        let unreadable = |what: &str, error: std::io::Error| {
            Failure::new(Exit::Usage, format!("cannot read the token from {what}: {error}"))
        };
        match (&self.token, &self.token_file) {
            (Some(token), _) if token.expose() == STANDARD_INPUT => read(std::io::stdin().lock())
                .map(Some)
                .map_err(|error| unreadable("standard input", error)),
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(file)) => File::open(file)
                .and_then(read)
                .map(Some)
                .map_err(|error| unreadable(&file.display().to_string(), error)),
            (None, None) => Ok(sources.token().and_then(|text| text.to_str()).map(TokenText::new)),
        }
    }
}

/// A token and nothing else, but for space around it.
pub(crate) fn read(from: impl std::io::Read) -> std::io::Result<TokenText> {
    let mut text = String::new();
    from.take(TOKEN_BYTES_MAX).read_to_string(&mut text)?;
    Ok(TokenText::new(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(variables: &[(&str, &str)]) -> Sources {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Sources::new(None, variables, vec![])
    }

    fn reach(server: Option<&str>, token: Option<&str>) -> Reach {
        let (server, token) = (server.map(str::to_owned), token.map(TokenText::new));
        Reach { server, token, token_file: None }
    }

    fn key() -> String {
        TokenKind::Native.token([0xa5; TokenKind::RANDOM_BYTES]).expose().to_owned()
    }

    const ONE: &str = "https://one.example.org";
    const TWO: &str = "https://two.example.org";

    #[test]
    fn a_server_is_named_by_the_command_line_before_the_environment() {
        let key = key();
        let environment = sources(&[("WAYGATE_SERVER", TWO), ("WAYGATE_TOKEN", &key)]);
        let nothing = sources(&[]);
        for (given, from, has_directory, site) in [
            (reach(Some(ONE), Some(&key)), &nothing, false, Some(ONE)),
            (reach(Some(ONE), None), &environment, false, Some(ONE)),
            (reach(None, None), &environment, false, Some(TWO)),
            (reach(None, Some(&key)), &environment, false, Some(TWO)),
            (reach(None, None), &environment, true, None),
            (reach(None, None), &nothing, false, None),
        ] {
            let remote = given.remote(from, has_directory).unwrap();
            assert_eq!(remote.as_ref().map(Remote::site), site, "{given:?}");
        }
    }

    #[test]
    fn a_server_without_a_token_and_a_token_without_a_server_are_bad_usage() {
        for (given, from, words) in [
            (reach(Some(ONE), None), sources(&[]), "needs a token"),
            (reach(None, None), sources(&[("WAYGATE_SERVER", ONE)]), "needs a token"),
            (reach(None, Some(&key())), sources(&[]), "name it with --server"),
            (reach(Some(ONE), Some("canary")), sources(&[]), "not of kind native"),
            (reach(Some(ONE), key().get(1..)), sources(&[]), "or was cut or mistyped"),
        ] {
            let failure = given.remote(&from, false).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage);
            assert!(failure.sentence().contains(words), "{failure:?}");
        }
    }

    #[test]
    fn a_token_is_read_without_the_space_around_it() {
        let token = read(&b" gac_canary.1234567 \n"[..]).unwrap();
        assert_eq!(token.expose(), "gac_canary.1234567");
    }
}
