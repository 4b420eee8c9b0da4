//! The page of the documentation is the one that the keys make.

use waygate_config::{VersionSource, reference};

use crate::sources::{from_environment, from_file};

const DOCUMENT: &str = include_str!("../../../../docs/reference/configuration.md");

#[test]
fn the_documentation_holds_exactly_the_reference() {
    assert_eq!(
        reference(),
        DOCUMENT,
        "write it anew: waygate config reference > docs/reference/configuration.md"
    );
}

fn example() -> String {
    let (_, after) = DOCUMENT.split_once("```toml\n").unwrap();
    let (example, _) = after.split_once("```").unwrap();
    example.to_owned()
}

/// The example file with these settings, all of them or all but one, no longer commented out.
fn example_with(wanted: impl Fn(&str) -> bool) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') && wanted(setting) => format!("{setting}\n"),
        Some(_) | None => format!("{line}\n"),
    };
    example().lines().map(line).collect()
}

#[test]
fn the_example_file_holds_the_defaults_commented_out_or_not() {
    let defaults = from_environment(&[]);
    assert_eq!(from_file(example()), defaults);
    let without_default =
        ["version = ", "master_key_file = ", "trusted_proxies = ", "public_url = ", "allow = "];
    let all = example_with(|setting| !without_default.iter().any(|it| setting.starts_with(it)));
    assert!(all.contains("\nversion_url = "), "{all}");
    assert_eq!(from_file(all), defaults);
}

#[test]
fn a_setting_without_a_default_has_an_example_that_can_be_used() {
    let settings = from_file(example_with(|setting| setting.starts_with("version = "))).unwrap();
    assert_eq!(settings.whatsapp.version, VersionSource::Fixed((2, 3000, 1_035_194_821)));
    let settings = from_file(example_with(|it| it.starts_with("master_key_file = "))).unwrap();
    assert!(settings.secrets.master_key_file.is_some());
}

#[test]
fn every_setting_is_in_the_table_and_explained_and_in_the_example() {
    let rows: Vec<&str> = DOCUMENT.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let key = row.split('`').nth(1).unwrap();
        let name = key.rsplit('.').next().unwrap();
        assert!(DOCUMENT.contains(&format!("### `{key}`\n")), "{key}");
        assert!(example().contains(&format!("\n#{name} = ")), "{key}");
    }
}
