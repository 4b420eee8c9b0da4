//! No input panics, no value is repeated, and valid settings survive the way through a file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;
use waygate_config::{
    Events, GreenApi, Http, Hypersender, Log, LogFormat, LogLevel, Media, Native, Outbound,
    Override, RateLimits, Secrets, Settings, Sources, VersionSource, WhatsApp,
};

use crate::sources::{TemporaryFile, environment, flags, from_file};

/// Pieces of a file that are right or nearly so, in any order.
const PIECES: &[&str] = &[
    "data_dir",
    "listen",
    "events",
    "keep_days",
    "greenapi",
    "hypersender",
    "rate_limits",
    "http",
    "trusted_proxies",
    "public_url",
    "media",
    "max_mb",
    "outbound",
    "allow",
    "ports",
    "secrets",
    "master_key_file",
    "log",
    "format",
    "level",
    "whatsapp",
    "url",
    "version",
    "version_url",
    "colour",
    "device_name",
    "camera_link",
    ".",
    " ",
    "\n",
    "\r\n",
    "=",
    " = ",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "true",
    "false",
    "'json'",
    "\"info\"",
    "1",
    "-1.5e3",
    "1979-05-27",
    "\\",
    "\\u00e9",
    "\u{e9}",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\u{7f}",
    "'ws://127.0.0.1/'",
    "\"2.3000.1\"",
    "inf",
    "0x",
    "_",
];

const KEYS: &[&str] = &[
    "data_dir",
    "listen",
    "events.keep_days",
    "events.keep_max",
    "events.waiting_hours",
    "events.waiting_max",
    "greenapi.rate_limits",
    "http.trusted_proxies",
    "http.public_url",
    "media.max_mb",
    "hypersender.rate_limits",
    "native.rate_limits",
    "outbound.allow",
    "outbound.ports",
    "secrets.master_key_file",
    "log.format",
    "log.level",
    "whatsapp.url",
    "whatsapp.version",
    "whatsapp.version_url",
    "whatsapp.device_name",
    "whatsapp.camera_link",
    "log",
    "whatsapp",
    "",
    ".",
    "config",
];

const LIKELY_VALUES: &[&str] =
    &["true", "json", "debug", "0.0.0.0:1", "off", "wss://a/", "https://a/", "2.3000.1", "~", ""];

fn any_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(KEYS)
        .prop_map(|key| format!("WAYGATE_{}", key.replace('.', "__").to_uppercase()));
    prop_oneof![known, "(WAYGATE_|waygate_|Waygate_)?\\PC{0,12}"]
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(KEYS).prop_map(str::to_owned), "\\PC{0,12}"]
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(LIKELY_VALUES).prop_map(str::to_owned), any::<String>()]
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn address(schemes: &'static [&'static str]) -> impl Strategy<Value = url::Url> {
    let scheme = prop::sample::select(schemes);
    (
        scheme,
        "[a-z]{1,10}(\\.[a-z]{2,5})?",
        1_u16..,
        "[a-zA-Z0-9/._~%20\"\\\\-]{0,20}",
        "[a-z=&]{0,9}",
    )
        .prop_map(|(scheme, host, port, path, query)| {
            format!("{scheme}://{host}:{port}/{path}?{query}").parse().unwrap()
        })
}

fn printable(text: &str) -> bool {
    text.trim() == text && !text.chars().any(char::is_control)
}

fn any_events() -> impl Strategy<Value = Events> {
    let counts = || 1000..=10_000_000_u64;
    (1..=3650_u64, counts(), 1..=720_u64, counts()).prop_map(
        |(days, kept_max, hours, waiting_max)| Events {
            kept_for: Duration::from_secs(days * 24 * 3600),
            kept_max,
            waiting_for: Duration::from_secs(hours * 3600),
            waiting_max,
        },
    )
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let log = (
        prop::sample::select(vec![LogFormat::Text, LogFormat::Json]),
        prop::sample::select(vec![
            LogLevel::Error,
            LogLevel::Warn,
            LogLevel::Info,
            LogLevel::Debug,
        ]),
    )
        .prop_map(|(format, level)| Log { format, level });
    let version = prop_oneof![
        any::<(u32, u32, u32)>().prop_map(VersionSource::Fixed),
        address(&["https", "http"]).prop_map(VersionSource::LookedUp),
    ];
    let device_name = "[\"'\\\\a-zA-Z0-9 #=.\u{e9}\u{4e00}-\u{4eff}\u{1f600}-\u{1f64f}]{1,50}"
        .prop_filter("trimmed", |name| printable(name));
    let whatsapp = (address(&["wss", "ws"]), version, device_name, any::<bool>()).prop_map(
        |(url, version, device_name, camera_link)| WhatsApp {
            url,
            version,
            device_name,
            camera_link,
        },
    );
    let data_dir = "[^~]\\PC{0,40}".prop_filter("trimmed", |path| printable(path));
    let rate_limits = || prop::sample::select(vec![RateLimits::Published, RateLimits::Off]);
    let apis = (rate_limits(), rate_limits(), rate_limits()).prop_map(|(green, hyper, own)| {
        let hypersender = Hypersender { rate_limits: hyper };
        (GreenApi { rate_limits: green }, hypersender, Native { rate_limits: own })
    });
    let key_file = "[^~]\\PC{0,40}".prop_filter("trimmed", |path| printable(path));
    let reach = prop_oneof![
        (any::<SocketAddr>(), key_file).prop_map(|(listen, file)| (listen, Some(file.into()))),
        any::<u16>().prop_map(|port| (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), None)),
    ];
    let public_url =
        proptest::option::of("https?://[a-z]{1,10}\\.[a-z]{2,5}(:[1-9][0-9]{3})?(/[a-z]{1,5})?");
    let http = (vec(any::<IpAddr>(), 0..3), public_url)
        .prop_map(|(trusted_proxies, public_url)| Http { trusted_proxies, public_url });
    let media = (1..=2048_u64).prop_map(|megabytes| Media { bytes_max: megabytes * 1024 * 1024 });
    let network = any::<IpAddr>().prop_map(|address| IpNet::from(address.to_canonical()));
    let range = (1..=u16::MAX, 1..=u16::MAX).prop_map(|(a, b)| a.min(b)..=a.max(b));
    let outbound = (vec(network, 0..3), vec(range, 1..3));
    let outbound = outbound.prop_map(|(allow, ports)| Outbound { allow, ports });
    let parts = (data_dir, reach, any_events(), apis, (http, outbound, media), log, whatsapp);
    parts.prop_map(|(data_dir, (listen, key_file), events, apis, wires, log, whatsapp)| Settings {
        data_dir: data_dir.into(),
        // A flow label is no part of an address that somebody writes.
        listen: SocketAddr::new(listen.ip(), listen.port()),
        events,
        greenapi: apis.0,
        hypersender: apis.1,
        http: wires.0,
        log,
        media: wires.2,
        native: apis.2,
        outbound: wires.1,
        secrets: Secrets { master_key_file: key_file },
        whatsapp,
    })
}

fn written(settings: &Settings) -> Vec<(&'static str, String)> {
    let Settings {
        data_dir,
        listen,
        events,
        greenapi,
        hypersender,
        http,
        log,
        media,
        native,
        outbound,
        secrets,
        whatsapp,
    } = settings;
    let range = |range: &RangeInclusive<u16>| format!("{}-{}", range.start(), range.end());
    let ports: Vec<String> = outbound.ports.iter().map(range).collect();
    let rate_limits = |limits| match limits {
        RateLimits::Published => "published",
        RateLimits::Off => "off",
    };
    let format = match log.format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    let version = match &whatsapp.version {
        VersionSource::Fixed((a, b, c)) => ("whatsapp.version", format!("{a}.{b}.{c}")),
        VersionSource::LookedUp(url) => ("whatsapp.version_url", url.to_string()),
    };
    let mut pairs = vec![
        ("data_dir", data_dir.to_str().unwrap().to_owned()),
        ("listen", listen.to_string()),
        ("events.keep_days", (events.kept_for.as_secs() / (24 * 3600)).to_string()),
        ("events.keep_max", events.kept_max.to_string()),
        ("events.waiting_hours", (events.waiting_for.as_secs() / 3600).to_string()),
        ("events.waiting_max", events.waiting_max.to_string()),
        ("greenapi.rate_limits", rate_limits(greenapi.rate_limits).to_owned()),
        ("hypersender.rate_limits", rate_limits(hypersender.rate_limits).to_owned()),
        ("native.rate_limits", rate_limits(native.rate_limits).to_owned()),
        ("media.max_mb", (media.bytes_max / 1024 / 1024).to_string()),
        ("outbound.ports", ports.join(",")),
        ("log.format", format.to_owned()),
        ("log.level", level.to_owned()),
        ("whatsapp.url", whatsapp.url.to_string()),
        version,
        ("whatsapp.device_name", whatsapp.device_name.clone()),
        ("whatsapp.camera_link", whatsapp.camera_link.to_string()),
    ];
    if let Some(file) = &secrets.master_key_file {
        pairs.push(("secrets.master_key_file", file.to_str().unwrap().to_owned()));
    }
    if !http.trusted_proxies.is_empty() {
        let proxies: Vec<String> = http.trusted_proxies.iter().map(IpAddr::to_string).collect();
        pairs.push(("http.trusted_proxies", proxies.join(", ")));
    }
    if let Some(url) = &http.public_url {
        pairs.push(("http.public_url", url.clone()));
    }
    if !outbound.allow.is_empty() {
        let networks: Vec<String> = outbound.allow.iter().map(IpNet::to_string).collect();
        pairs.push(("outbound.allow", networks.join(", ")));
    }
    pairs
}

proptest! {
    #[test]
    fn any_settings_survive_a_file_an_environment_and_flags(settings in any_settings()) {
        let pairs = written(&settings);
        let line = |(key, value): &(&str, String)| match *key {
            "whatsapp.camera_link" => format!("{key} = {value}\n"),
            _ => format!("{key} = {}\n", quoted(value)),
        };
        let content: String = pairs.iter().map(line).collect();
        prop_assert_eq!(from_file(&content), Ok(settings.clone()), "{}", content);

        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let by_flags = Settings::load(&Sources::new(None, [], flags(&pairs)));
        prop_assert_eq!(by_flags, Ok(settings.clone()));

        let name = |key: &str| format!("WAYGATE_{}", key.replace('.', "__").to_uppercase());
        let names: Vec<_> = pairs.iter().map(|(key, value)| (name(key), *value)).collect();
        let names: Vec<_> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let by_variables = Settings::load(&Sources::new(None, environment(&names), vec![]));
        prop_assert_eq!(by_variables, Ok(settings));
    }

    #[test]
    fn no_bytes_in_a_file_panic(content in vec(any::<u8>(), 0..200)) {
        drop(from_file(content));
    }

    #[test]
    fn no_nearly_right_file_panics(pieces in vec(prop::sample::select(PIECES), 0..60)) {
        if let Err(problems) = from_file(pieces.concat()) {
            prop_assert_eq!(problems.to_string().lines().count(), problems.iter().count());
        }
    }

    #[test]
    fn no_environment_and_no_flags_panic(
        variables in vec((any_name(), any_value()), 0..8),
        given in vec((any_key(), any_value(), "\\PC{0,12}"), 0..8),
    ) {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let given = given.into_iter().map(|(key, value, flag)| Override { key, value, flag });
        let sources = Sources::new(None, variables, given.collect());
        if let Err(problems) = Settings::load(&sources) {
            prop_assert!(problems.iter().all(|problem| !problem.to_string().contains('\n')));
        }
    }

    #[test]
    fn no_problem_repeats_a_value(value in "canary[ -~]{0,40}", key in prop::sample::select(KEYS)) {
        let name = format!("WAYGATE_{}", key.replace('.', "__").to_uppercase());
        let file = TemporaryFile::new(format!("\"{key}\" = {}\n", quoted(&value)));
        for sources in [
            Sources::new(None, environment(&[(&name, &value)]), vec![]),
            Sources::new(None, [], flags(&[(key, &value)])),
            Sources::new(Some(file.0.clone()), [], vec![]),
        ] {
            // Only the name of a file that is not there is told: without it nobody could find it.
            if let (Err(problems), false) = (Settings::load(&sources), name == "WAYGATE_CONFIG") {
                prop_assert!(!problems.to_string().contains("canary"), "{}", problems);
            }
        }
    }
}

#[test]
fn a_path_of_the_greatest_length_is_taken() {
    let path = "x".repeat(4096);
    let settings = from_file(format!("data_dir = '{path}'")).unwrap();
    assert_eq!(settings.data_dir, PathBuf::from(path));
}
