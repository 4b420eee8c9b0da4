//! `waygate instance list`.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::commands::cli::Output;
use crate::commands::operate::{print, print_json};
use crate::control::{Api, Instance, Page};
use crate::exit::Failure;
use crate::terminal::screen::columns;
use crate::terminal::table;

/// As many as the API gives at a time.
const PAGE_MAX: u32 = 500;

pub(super) async fn run(api: &Api, output: Output) -> Result<(), Failure> {
    let instances = all(api).await?;
    if output == Output::Json {
        return print_json(&json!({ "data": instances, "next_cursor": null }));
    }
    let head = ["IDINSTANCE", "NAME", "STATE", "SINCE", "LINKED", "PHONE", "ID"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for instance in instances {
        rows.push(row(&Instance::deserialize(instance)?)?);
    }
    print(&fitting(rows, columns()))?;
    Ok(())
}

/// The table; without the ids, which are the widest and the least needed, where the window is too
/// narrow for them.
fn fitting(mut rows: Vec<Vec<String>>, columns: Option<usize>) -> String {
    let whole = table::aligned(&rows);
    let fits = |columns| whole.lines().all(|line| line.chars().count() <= columns);
    if columns.is_none_or(fits) {
        return whole;
    }
    for row in &mut rows {
        row.pop();
    }
    table::aligned(&rows)
}

/// Every instance, page after page.
async fn all(api: &Api) -> Result<Vec<Value>, Failure> {
    let mut instances = vec![];
    let mut path = format!("/instances?limit={PAGE_MAX}");
    loop {
        let page: Page<Value> = api.get(&path).await?;
        instances.extend(page.data);
        let Some(cursor) = page.next_cursor else { return Ok(instances) };
        path = format!("/instances?limit={PAGE_MAX}&cursor={cursor}");
    }
}

fn row(instance: &Instance) -> anyhow::Result<Vec<String>> {
    let state = &instance.state;
    let phone = instance.whatsapp.as_ref().map(|it| format!("...{}", it.phone_ending()));
    Ok(vec![
        instance.number.to_string(),
        instance.name.clone(),
        state.words().to_owned(),
        state.since.as_deref().map(table::time).unwrap_or_default(),
        state.linked_words().to_owned(),
        phone.unwrap_or_default(),
        instance.id()?.to_string(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_too_narrow_shows_the_table_without_the_ids() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["IDINSTANCE", "NAME", "ID"]), row(["1105600123", "shop", "67e55044"])];
        let whole = fitting(rows.clone(), None);
        assert!(whole.contains("67e55044"), "{whole}");
        assert_eq!(fitting(rows.clone(), Some(26)), whole);
        assert_eq!(fitting(rows, Some(25)), "IDINSTANCE  NAME\n1105600123  shop\n");
    }
}
