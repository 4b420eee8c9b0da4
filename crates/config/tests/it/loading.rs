//! What is set holds, and the strongest source wins.

use std::path::Path;

use waygate_config::{LogFormat, LogLevel, Settings, Sources, VersionSource};

use crate::sources::{TemporaryFile, environment, flags, from_environment, from_file, from_flags};

#[test]
fn without_any_source_every_default_holds() {
    let settings = Settings::load(&Sources::new(None, [], vec![])).unwrap();
    assert_eq!(settings.data_dir, Path::new("./waygate-data"));
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.log.level, LogLevel::Info);
    assert_eq!(settings.whatsapp.url.as_str(), "wss://web.whatsapp.com/ws/chat");
    let sw = "https://web.whatsapp.com/sw.js".parse().unwrap();
    assert_eq!(settings.whatsapp.version, VersionSource::LookedUp(sw));
    assert_eq!(settings.whatsapp.device_name, "Waygate");
    assert!(settings.whatsapp.camera_link);
}

#[test]
fn every_source_can_set_every_key() {
    let pairs = [
        ("data_dir", "/srv/waygate"),
        ("log.format", "json"),
        ("log.level", "debug"),
        ("whatsapp.url", "ws://127.0.0.1:7700/ws/chat"),
        ("whatsapp.version", "2.3000.1035194821"),
        ("whatsapp.device_name", "Front desk"),
        ("whatsapp.camera_link", "false"),
    ];
    let file = "data_dir = '/srv/waygate'\n\
                log = { format = 'json', level = 'debug' }\n\
                [whatsapp]\n\
                url = 'ws://127.0.0.1:7700/ws/chat'\n\
                version = '2.3000.1035194821'\n\
                device_name = 'Front desk'\n\
                camera_link = false\n";
    let names = pairs.map(|(key, _)| format!("WAYGATE_{}", key.replace('.', "__").to_uppercase()));
    let variables: Vec<_> =
        names.iter().zip(pairs).map(|(name, (_, value))| (name.as_str(), value)).collect();

    let settings = from_flags(&pairs).unwrap();
    assert_eq!(settings.data_dir, Path::new("/srv/waygate"));
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.log.level, LogLevel::Debug);
    assert_eq!(settings.whatsapp.url.as_str(), "ws://127.0.0.1:7700/ws/chat");
    assert_eq!(settings.whatsapp.version, VersionSource::Fixed((2, 3000, 1_035_194_821)));
    assert_eq!(settings.whatsapp.device_name, "Front desk");
    assert!(!settings.whatsapp.camera_link);
    assert_eq!(from_environment(&variables).unwrap(), settings);
    assert_eq!(from_file(file).unwrap(), settings);
}

#[test]
fn flags_overrule_the_environment_and_the_environment_the_file() {
    let file = TemporaryFile::new("data_dir = 'file'\n");
    let file = || Some(file.0.clone());
    let variables = || environment(&[("WAYGATE_DATA_DIR", "environment")]);
    let given = || flags(&[("data_dir", "first flag"), ("data_dir", "last flag")]);
    for (sources, wanted) in [
        (Sources::new(file(), [], vec![]), "file"),
        (Sources::new(file(), variables(), vec![]), "environment"),
        (Sources::new(None, variables(), given()), "last flag"),
        (Sources::new(file(), variables(), given()), "last flag"),
        (Sources::new(file(), [], given()), "last flag"),
    ] {
        assert_eq!(Settings::load(&sources).unwrap().data_dir, Path::new(wanted));
    }
}

#[test]
fn a_variable_names_the_file_unless_the_flag_does() {
    let named = TemporaryFile::new("data_dir = 'named by the variable'\n");
    let flagged = TemporaryFile::new("data_dir = 'named by the flag'\n");
    let variables = || environment(&[("WAYGATE_CONFIG", named.0.to_str().unwrap())]);
    for (file, wanted) in
        [(None, "named by the variable"), (Some(flagged.0.clone()), "named by the flag")]
    {
        let settings = Settings::load(&Sources::new(file, variables(), vec![])).unwrap();
        assert_eq!(settings.data_dir, Path::new(wanted));
    }
}

#[test]
fn variables_that_are_not_ours_do_not_matter() {
    let pairs = [("PATH", "/bin"), ("WAYGATE", "x"), ("XWAYGATE_LOG", "x"), ("LOG__FORMAT", "x")];
    assert_eq!(from_environment(&pairs), from_environment(&[]));
}

#[test]
fn a_look_up_address_may_stand_alone() {
    let settings = from_flags(&[("whatsapp.version_url", "http://127.0.0.1:7700/sw.js")]).unwrap();
    let url = "http://127.0.0.1:7700/sw.js".parse().unwrap();
    assert_eq!(settings.whatsapp.version, VersionSource::LookedUp(url));
}
