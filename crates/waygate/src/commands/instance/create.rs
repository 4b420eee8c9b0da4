//! `waygate instance create`: a new instance, or one that moves in from GREEN-API.

use std::fs::File;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::show;
use crate::commands::cli::{InstanceCreate, Output, read_token};
use crate::commands::operate::{print, print_json};
use crate::control::{Api, Instance};
use crate::exit::{Exit, Failure};
use crate::terminal::table;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// What is to be created, and for whom that is printed.
pub(super) struct Wish {
    body: Value,
    output: Output,
}

/// What the command line asks for, with the token from where it says.
pub(super) fn wish(command: InstanceCreate) -> Result<Wish, Failure> {
    let mut body = json!({ "name": command.name });
    if let Some(account) = command.account {
        body["account"] = account.into();
    }
    let token = match (command.green_token, command.green_token_file) {
        (Some(token), _) if token.expose() == STANDARD_INPUT => Some(
            read_token(std::io::stdin().lock())
                .map_err(|error| unreadable(Path::new("standard input"), &error))?,
        ),
        (Some(token), _) => Some(token),
        (None, Some(file)) => {
            let read = File::open(&file).and_then(read_token);
            Some(read.map_err(|error| unreadable(&file, &error))?)
        }
        (None, None) => None,
    };
    if let (Some(number), Some(token)) = (command.green_id, token) {
        body["green_id"] = number.get().into();
        body["green_token"] = token.expose().into();
    }
    Ok(Wish { body, output: command.output })
}

fn unreadable(what: &Path, error: &std::io::Error) -> Failure {
    let sentence = format!("cannot read the token from {}: {error}", what.display());
    Failure::new(Exit::Usage, sentence)
}

pub(super) async fn run(api: &Api, wish: &Wish) -> Result<(), Failure> {
    let created: Value = api.post("/instances", &wish.body).await?;
    if wish.output == Output::Json {
        return print_json(&created);
    }
    let instance = Instance::deserialize(created)?;
    print(&table::aligned(&show::credentials(api, &instance)?))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_refused_without_telling_it() {
        let error = read_token(&b"canary\xff"[..]).unwrap_err();
        let told = format!("{:?}", unreadable(Path::new("file"), &error));
        assert!(told.contains("cannot read the token from file"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}
