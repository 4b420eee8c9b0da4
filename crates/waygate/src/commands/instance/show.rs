//! `waygate instance show`.

use serde::Deserialize as _;
use serde_json::Value;

use crate::commands::cli::{Identifier, Output};
use crate::commands::operate::{print, print_json};
use crate::control::{Api, Instance};
use crate::exit::Failure;
use crate::terminal::table;

pub(super) async fn run(api: &Api, id: Identifier, output: Output) -> Result<(), Failure> {
    let shown: Value = api.get(&format!("/instances/{id}")).await?;
    if output == Output::Json {
        return print_json(&shown);
    }
    let instance = Instance::deserialize(shown)?;
    let mut rows = credentials(api, &instance)?;
    rows.extend(about(&instance));
    print(&table::aligned(&rows))?;
    Ok(())
}

/// What a program needs to use the instance, by the names that its vendor gives them.
pub(super) fn credentials(api: &Api, instance: &Instance) -> Result<Vec<Vec<String>>, Failure> {
    let mut rows = vec![
        line("id:", instance.id()?.to_string()),
        line("idInstance:", instance.number.to_string()),
    ];
    if let Some(token) = instance.token() {
        rows.push(line("apiTokenInstance:", token.to_owned()));
    }
    rows.extend(api.served_at().map(|address| line("apiUrl:", address)));
    Ok(rows)
}

fn about(instance: &Instance) -> Vec<Vec<String>> {
    let state = &instance.state;
    let mut rows = vec![
        line("name:", instance.name.clone()),
        line("account:", instance.account_id.clone()),
        line("created:", table::time(&instance.created_at)),
        line("state:", state.words().to_owned()),
        line("linked:", state.linked_words().to_owned()),
    ];
    let times = [("since:", &state.since), ("next try:", &state.next_try_at)];
    for (what, time) in times {
        rows.extend(time.as_deref().map(|time| line(what, table::time(time))));
    }
    rows.extend(state.reason.clone().map(|reason| line("reason:", reason)));
    if let Some(whatsapp) = &instance.whatsapp {
        rows.push(line("phone:", format!("...{}", whatsapp.phone_ending())));
        rows.push(line("device:", whatsapp.device.to_string()));
    }
    rows
}

fn line(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}
