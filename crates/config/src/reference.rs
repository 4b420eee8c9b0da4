//! The page of the documentation that lists every setting, made from the keys themselves.

use crate::key::{About, Absent, Kind};
use crate::reader::Reader;
use crate::settings::Settings;

const INTRODUCTION: &str = "\
# Configuration

This page is made by `waygate config reference`; a test compares the two.

Every setting has a default, so Waygate starts without any. A value comes from the last of these that
sets it:

1. the default;
2. the file that `--config FILE` names, or else the environment variable `WAYGATE_CONFIG`. It is TOML, in
   UTF-8. Without either, no file is read;
3. the environment variable of the setting: `WAYGATE_`, then the key in capitals, with `__` between
   section and name;
4. a flag of the command.

A name that is not a setting is an error, in the file and in the environment, and so is a value that
cannot be used, even where a stronger source sets the same key. All errors are told at once, each with
the key, the place and what to do.

Names of environment variables are compared exactly, capitals included. Every variable that begins with
`WAYGATE_`, in capitals or not, must be a setting, `WAYGATE_CONFIG`, or one of the two by which commands
reach a server elsewhere, `WAYGATE_SERVER` and `WAYGATE_TOKEN`. An empty value of a setting is an error;
to return to the default, remove the variable. Kubernetes sets variables such as `WAYGATE_PORT` in every
pod that shares a namespace with a service named `waygate`; set `enableServiceLinks: false` for the pod
of Waygate.
";

/// The reference of all settings in Markdown, which `docs/reference/configuration.md` holds.
pub fn reference() -> String {
    let keys = known();
    let table: String = keys.iter().map(row).collect();
    let details: String = keys.iter().map(detail).collect();
    let example = example(&keys);
    format!(
        "{INTRODUCTION}\n\
         ## All settings\n\n\
         | key | default | environment variable |\n\
         |---|---|---|\n\
         {table}\n\
         {details}\
         ## Example\n\n\
         A file with every setting and its default, or an example where there is none. Remove the `#` in \
         front of\nwhat you change.\n\n\
         ```toml\n{example}```\n"
    )
}

/// Every key, those without a section first.
fn known() -> Vec<About> {
    let mut reader = Reader::new(vec![], vec![]);
    // Only which keys are read matters here.
    drop(Settings::read(&mut reader));
    let mut keys = reader.into_known();
    keys.sort_by_key(|about| about.parts().0.is_some());
    keys
}

fn row(about: &About) -> String {
    let default = match about.absent {
        Absent::Default(text) => format!("`{text}`"),
        Absent::Nothing { .. } => "none".to_owned(),
    };
    format!("| `{}` | {default} | `{}` |\n", about.name, about.variable())
}

fn detail(about: &About) -> String {
    let default = match about.absent {
        Absent::Default(text) => format!("`{text}`"),
        Absent::Nothing { example } => format!("none; an example is `{example}`"),
    };
    format!(
        "### `{}`\n\n{}\n\n- Value: {}\n- Default: {default}\n- Environment: `{}`\n\n",
        about.name,
        about.description,
        about.kind,
        about.variable()
    )
}

fn example(keys: &[About]) -> String {
    let mut lines = vec![];
    let mut current = None;
    for about in keys {
        let (section, name) = about.parts();
        if section != current {
            lines.extend(section.map(|section| format!("\n[{section}]\n")));
            current = section;
        }
        let (Absent::Default(value) | Absent::Nothing { example: value }) = about.absent;
        let value = match about.kind {
            Kind::Text(_) | Kind::OneOf(_) => format!("\"{value}\""),
            Kind::Switch => value.to_owned(),
        };
        let comment = first_sentence(about.description);
        lines.push(format!("# {comment}\n#{name} = {value}\n"));
    }
    lines.concat()
}

fn first_sentence(description: &str) -> &str {
    description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.')
}
