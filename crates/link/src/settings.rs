//! What a process decides once about its connections to WhatsApp.

use std::net::IpAddr;
use std::time::Duration;

use url::{Host, Url};

/// The chat endpoint of WhatsApp Web.
pub const WHATSAPP_URL: &str = "wss://web.whatsapp.com/ws/chat";

/// Where WhatsApp Web tells its current version.
pub const WHATSAPP_VERSION_URL: &str = "https://web.whatsapp.com/sw.js";

/// The version of the web client that connections claim to be: `(2, 3000, n)`.
pub type Version = (u32, u32, u32);

/// Where the version comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// This one, always.
    Fixed(Version),
    /// Looked up once per process, and again when WhatsApp refuses it.
    LookedUp(Url),
}

/// Settings of every connection of this process.
#[derive(Debug, Clone)]
pub struct LinkSettings {
    /// The websocket endpoint.
    pub url: Url,
    /// Which version to claim.
    pub version: VersionSource,
    /// The name that the phone shows in its list of linked devices.
    pub device_name: String,
    /// Whether a code carries the address that lets a phone's own camera open WhatsApp.
    pub camera_link: bool,
    /// How long a graceful close may take before it is forced.
    pub close_within: Duration,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self {
            url: known(WHATSAPP_URL),
            version: VersionSource::LookedUp(known(WHATSAPP_VERSION_URL)),
            device_name: "Waygate".into(),
            camera_link: true,
            close_within: Duration::from_secs(10),
        }
    }
}

#[expect(clippy::expect_used, reason = "constants of this file; a test reads both")]
fn known(url: &'static str) -> Url {
    Url::parse(url).expect("a constant address parses")
}

/// The settings cannot be used by this build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsProblem {
    /// The address has another scheme than its purpose needs.
    #[error("{key} must begin with {wanted}")]
    Scheme {
        /// The setting.
        key: &'static str,
        /// What is allowed.
        wanted: &'static str,
    },
    /// A sandbox build was pointed at the real world.
    #[error(
        "this is a sandbox build, which does not verify WhatsApp's certificate: {key} must be a \
         loopback address"
    )]
    NotLoopback {
        /// The setting.
        key: &'static str,
    },
}

impl LinkSettings {
    /// Whether this build skips WhatsApp's certificate and so may connect to loopback only.
    pub const SANDBOX: bool = cfg!(feature = "sandbox");

    /// Everything that is wrong with these settings.
    pub fn problems(&self) -> Vec<SettingsProblem> {
        let mut found = vec![];
        check(&mut found, "whatsapp.url", &self.url, ["wss", "ws"], "wss:// or ws://");
        if let VersionSource::LookedUp(url) = &self.version {
            check(
                &mut found,
                "whatsapp.version_url",
                url,
                ["https", "http"],
                "https:// or http://",
            );
        }
        found
    }
}

fn check(
    found: &mut Vec<SettingsProblem>,
    key: &'static str,
    url: &Url,
    schemes: [&str; 2],
    wanted: &'static str,
) {
    if !schemes.contains(&url.scheme()) || !url.has_host() {
        found.push(SettingsProblem::Scheme { key, wanted });
    } else if LinkSettings::SANDBOX && !is_loopback(url) {
        found.push(SettingsProblem::NotLoopback { key });
    }
}

/// Whether the host is a literal loopback address. A name could resolve to anything, so none
/// counts, not even `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointed_at(url: &str) -> LinkSettings {
        let version = VersionSource::Fixed((2, 3000, 1));
        LinkSettings { url: url.parse().unwrap(), version, ..LinkSettings::default() }
    }

    #[test]
    fn the_default_addresses_are_whatsapps_own() {
        let settings = LinkSettings::default();
        assert_eq!(settings.url.as_str(), WHATSAPP_URL);
        assert_eq!(settings.problems().is_empty(), !LinkSettings::SANDBOX);
    }

    #[test]
    fn only_websocket_addresses_are_dialled() {
        for url in ["http://127.0.0.1:1/ws/chat", "file:///ws/chat", "ws:/nohost"] {
            let Ok(parsed) = url.parse::<Url>() else { continue };
            let settings = LinkSettings { url: parsed, ..pointed_at("ws://127.0.0.1:1/") };
            let problems = settings.problems();
            let scheme = matches!(problems.as_slice(), [SettingsProblem::Scheme { .. }]);
            let accepted_host = url == "ws:/nohost" && problems.is_empty() != LinkSettings::SANDBOX;
            assert!(scheme || accepted_host, "{url}: {problems:?}");
        }
    }

    #[test]
    fn a_sandbox_build_refuses_every_address_that_is_not_loopback() {
        for (url, loopback) in [
            ("ws://127.0.0.1:7700/ws/chat", true),
            ("ws://127.9.9.9:7700/ws/chat", true),
            ("ws://[::1]:7700/ws/chat", true),
            ("ws://2130706433/ws/chat", true), // 127.0.0.1 as one number
            ("wss://web.whatsapp.com/ws/chat", false),
            ("ws://localhost:7700/ws/chat", false),
            ("ws://127.0.0.1.example.com/ws/chat", false),
            ("ws://10.0.0.1/ws/chat", false),
            ("ws://[::ffff:10.0.0.1]/ws/chat", false),
            ("ws://0.0.0.0/ws/chat", false),
        ] {
            let problems = pointed_at(url).problems();
            let refused = problems == [SettingsProblem::NotLoopback { key: "whatsapp.url" }];
            assert_eq!(refused, LinkSettings::SANDBOX && !loopback, "{url}: {problems:?}");
        }
    }
}
