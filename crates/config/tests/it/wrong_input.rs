//! What is wrong is told: all of it, each with its key, its place and what to do.

use std::path::PathBuf;

use waygate_config::{Origin, Settings, Sources};

use crate::sources::{TemporaryFile, environment, flags, from_environment, from_file, told};

#[test]
fn all_problems_of_all_sources_are_told_at_once() {
    let file = TemporaryFile::new(
        "data_dir = 7\n\
         colour = 'red'\n\
         [log]\n\
         format = 'jsn'\n\
         levle = 'info'\n\
         [whatsapp]\n\
         camera_link = 'true'\n\
         version_url = 'https://example.com/sw.js'\n",
    );
    let variables = environment(&[
        ("WAYGATE_WHATSAPP_URL", "wss://example.com"),
        ("WAYGATE_LOG__FORMAT", "json"),
        ("WAYGATE_WHATSAPP__DEVICE_NAME", ""),
    ]);
    let given = flags(&[("whatsapp.version", "2.3000.1"), ("log.level", "trace")]);
    let loaded = Settings::load(&Sources::new(Some(file.0.clone()), variables, given));
    assert_eq!(
        told(loaded),
        [
            "colour: is not a setting; remove it (FILE, line 2)",
            "data_dir: must be a path, in quotes, not a number (FILE, line 1)",
            "log.format: must be `text` or `json` (FILE, line 4)",
            "log.level: must be `error`, `warn`, `info` or `debug` (--log-level)",
            "log.levle: is not a setting; did you mean `log.level`? (FILE, line 5)",
            "whatsapp.camera_link: must be `true` or `false`, without quotes (FILE, line 7)",
            "whatsapp.device_name: is empty; it must be 1 to 50 printable characters, or not be \
             set at all (WAYGATE_WHATSAPP__DEVICE_NAME)",
            "whatsapp.version_url: is set, and so is `whatsapp.version` (--whatsapp-version); \
             remove one of the two (FILE, line 8)",
            "whatsapp_url: is not a setting; did you mean `WAYGATE_WHATSAPP__URL`? \
             (WAYGATE_WHATSAPP_URL)",
        ]
    );
}

#[test]
fn a_problem_names_its_key_and_its_origin() {
    let problems = from_environment(&[("WAYGATE_LOG__FORMAT", "x")]).unwrap_err();
    let [problem] = problems.iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(problem.key.as_deref(), Some("log.format"));
    assert_eq!(problem.origin, Origin::Variable("WAYGATE_LOG__FORMAT".to_owned()));
    assert_eq!(problem.sentence, "must be `text` or `json`");
}

#[test]
fn a_wrong_value_is_told_even_where_it_is_overruled() {
    let pairs = [("log.format", "x"), ("log.format", "json"), ("log.format", "y")];
    let loaded = Settings::load(&Sources::new(None, [], flags(&pairs)));
    assert_eq!(told(loaded), ["log.format: must be `text` or `json` (--log-format)"; 2]);
}

#[test]
fn a_value_of_the_wrong_kind_is_told_with_its_line() {
    let cases = [
        ("data_dir = true", "data_dir: must be a path, in quotes (FILE, line 1)"),
        (
            "data_dir = ''",
            "data_dir: is empty; it must be a path, or not be set at all (FILE, line 1)",
        ),
        (
            "data_dir = '~/data'",
            "data_dir: begins with `~`, which only a shell replaces; write the whole path \
             (FILE, line 1)",
        ),
        ("data_dir = []", "data_dir: must be a path, in quotes, not a list (FILE, line 1)"),
        ("[data_dir]", "data_dir: must be a path, not a table (FILE, line 1)"),
        ("data_dir.x = 1", "data_dir.x: is not a setting; did you mean `data_dir`? (FILE, line 1)"),
        (
            "\nlog.level = 1979-05-27",
            "log.level: must be `error`, `warn`, `info` or `debug`, in quotes, not a date \
             (FILE, line 2)",
        ),
        (
            "log = 'json'",
            "log: is a section, not a setting; in it are `log.format`, `log.level` (FILE, line 1)",
        ),
        (
            "[[log]]\nformat = 'json'",
            "log: is a section, not a setting; in it are `log.format`, `log.level` (FILE, line 1)",
        ),
        ("[loging]", "loging: is not a setting; remove it (FILE, line 1)"),
        (
            "\"log.format\" = 'json'",
            "\"log.format\": is not a setting; did you mean `log.format`? (FILE, line 1)",
        ),
        (
            "LOG.FORMAT = 'json'",
            "LOG.FORMAT: is not a setting; did you mean `log.format`? (FILE, line 1)",
        ),
        (
            "whatsapp.version = 2.3000",
            "whatsapp.version: must be three numbers with dots between them, in quotes, not a \
             number (FILE, line 1)",
        ),
        (
            "whatsapp.camera_link = 1",
            "whatsapp.camera_link: must be `true` or `false`, not a number (FILE, line 1)",
        ),
    ];
    for (content, wanted) in cases {
        assert_eq!(told(from_file(content)), [wanted], "{content}");
    }
}

#[test]
fn an_empty_section_is_no_problem() {
    assert_eq!(from_file("[log]\n[whatsapp]\n"), from_environment(&[]));
}

#[test]
fn bad_toml_is_told_with_line_and_column() {
    let value_wanted = "string values must be quoted, expected literal string";
    let at = |place: &str, what: &str| format!("FILE, line {place}: is not TOML: {what}");
    let cases: [(&[u8], &[&str]); 6] = [
        (b"data_dir = 'a'\nlog.format = \n", &[&at("2, column 14", value_wanted)]),
        (b"data_dir = 'a'\n\ndata_dir = 'b'\n", &[&at("3, column 1", "duplicate key")]),
        (b"[log\nformat = 'json'\n", &[&at("1, column 5", "unclosed table, expected `]`")]),
        (
            b"data_dir = \n[log]\nformat = json\n",
            &[&at("1, column 12", value_wanted), &at("3, column 10", value_wanted)],
        ),
        (b"log = 1\n[log]\nformat = 'x'", &[&at("2, column 2", "duplicate key")]),
        (
            b"data_dir = 'a'\nx = '\xff'\n",
            &["FILE, line 2, column 6: is not UTF-8; save the file as UTF-8"],
        ),
    ];
    for (content, wanted) in cases {
        assert_eq!(told(from_file(content)), wanted, "{}", content.escape_ascii());
    }
}

#[test]
fn the_other_sources_are_checked_even_when_the_file_is_not_toml() {
    let file = TemporaryFile::new("???");
    let variables = environment(&[("WAYGATE_LOG__FORMAT", "x")]);
    let told = told(Settings::load(&Sources::new(Some(file.0.clone()), variables, vec![])));
    assert!(told[0].starts_with("FILE, line 1, column 1: is not TOML"), "{told:?}");
    let last = told.last().map(String::as_str);
    assert_eq!(last, Some("log.format: must be `text` or `json` (WAYGATE_LOG__FORMAT)"));
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_who_named_it() {
    let large = TemporaryFile::new(vec![b'#'; 1024 * 1024 + 1]);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let cases = [
        (
            PathBuf::from("no/such/file"),
            "cannot read the file `no/such/file`: there is no such file",
        ),
        (PathBuf::new(), "is empty; give the path of a file, or remove it"),
    ];
    for (path, wanted) in cases {
        let variables = environment(&[("WAYGATE_CONFIG", path.to_str().unwrap())]);
        let by_variable = Settings::load(&Sources::new(None, variables, vec![]));
        assert_eq!(told(by_variable), [format!("WAYGATE_CONFIG: {wanted}")]);
        let by_flag = Settings::load(&Sources::new(Some(path), [], vec![]));
        assert_eq!(told(by_flag), [format!("--config: {wanted}")]);
    }
    let problems = |path: &PathBuf| {
        Settings::load(&Sources::new(Some(path.clone()), [], vec![])).unwrap_err().to_string()
    };
    assert!(problems(&large.0).ends_with("` is larger than 1048576 bytes"));
    assert!(problems(&directory).ends_with("`: it is a directory"));
    assert!(problems(&"nul\0byte".into()).starts_with("--config: cannot read the file `nul\\u{0}"));
}

#[test]
fn a_file_of_the_greatest_length_is_read() {
    let mut content = b"data_dir = 'x' #".to_vec();
    content.resize(1024 * 1024, b'#');
    assert_eq!(from_file(content).unwrap().data_dir, PathBuf::from("x"));
}

#[test]
fn input_made_to_exhaust_the_reader_is_refused() {
    let many = |line: &str| line.repeat(1024 * 1024 / line.len());
    let numbered: Vec<String> = (0..80_000).map(|number| format!("k{number} = 1\n")).collect();
    for content in [
        many("["),
        many("{"),
        many("[[a]]\n"),
        many("a."),
        format!("a = {}", "[".repeat(1_000_000)),
        format!("a = {}", "{a=".repeat(300_000)),
        format!("[{}b]", "a.".repeat(500_000)),
        format!("{}b = 1", "a.".repeat(500_000)),
        many("= "),
        many("=\n"),
        many("\""),
        many("'''"),
        numbered.concat(),
    ] {
        let start: String = content.chars().take(20).collect();
        assert!(from_file(content).is_err(), "{start}");
    }
}

#[test]
fn an_address_beyond_this_machine_needs_a_master_key_of_ones_own() {
    for open in ["0.0.0.0:8080", "192.0.2.7:80", "[::]:8080", "[2001:db8::1]:1"] {
        let alone = from_environment(&[("WAYGATE_LISTEN", open)]);
        assert_eq!(
            told(alone),
            ["listen: is reachable from other machines; set `secrets.master_key_file` before, or \
              listen on 127.0.0.1 (WAYGATE_LISTEN)"]
        );
        let file = ("WAYGATE_SECRETS__MASTER_KEY_FILE", "/run/key");
        from_environment(&[("WAYGATE_LISTEN", open), file]).unwrap();
    }
    for closed in ["127.0.0.1:0", "127.8.9.1:80", "[::1]:8080", "[::ffff:127.0.0.1]:1"] {
        from_environment(&[("WAYGATE_LISTEN", closed)]).unwrap();
    }
}
