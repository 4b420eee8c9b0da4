//! How keys are spelled in the environment.
//!
//! Each key has one spelling, in capitals. Names are compared exactly, so that two variables never
//! mean the same key; a variable that only looks like ours (`waygate_data_dir`) is not skipped but
//! refused, since whoever wrote it meant something.

/// How the names of our variables begin.
pub(crate) const PREFIX: &str = "WAYGATE_";

/// The variable that names the configuration file.
pub(crate) const CONFIG: &str = "WAYGATE_CONFIG";

/// The variable that names the server elsewhere that commands talk to.
pub(crate) const SERVER: &str = "WAYGATE_SERVER";

/// The variable with the token that they show there.
pub(crate) const TOKEN: &str = "WAYGATE_TOKEN";

/// Our variables that are no settings.
pub(crate) const NO_SETTINGS: [&str; 3] = [CONFIG, SERVER, TOKEN];

/// What their names would be as keys, to recognise their misspellings.
pub(crate) const NO_SETTINGS_AS_KEYS: [&str; 3] = ["config", "server", "token"];

const BETWEEN_PARTS: &str = "__";

/// The variable that sets a key: `WAYGATE_LOG__FORMAT` sets `log.format`.
pub(crate) fn of_key(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', BETWEEN_PARTS).to_ascii_uppercase())
}

/// The key that a variable sets when its name begins as ours do, in whatever letters.
pub(crate) fn key_of(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_at_checked(PREFIX.len())?;
    prefix
        .eq_ignore_ascii_case(PREFIX)
        .then(|| rest.replace(BETWEEN_PARTS, ".").to_ascii_lowercase())
}

/// Whether Kubernetes may have made this variable for a service whose name begins with `waygate`.
/// Source: "Environment variables" in the Kubernetes documentation of services.
pub(crate) fn is_service_link(name: &str) -> bool {
    let made = name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.contains("_PORT_");
    made && !name.contains(BETWEEN_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_variable_lead_to_each_other() {
        for (key, name) in [
            ("data_dir", "WAYGATE_DATA_DIR"),
            ("log.format", "WAYGATE_LOG__FORMAT"),
            ("whatsapp.version_url", "WAYGATE_WHATSAPP__VERSION_URL"),
        ] {
            assert_eq!(of_key(key), name);
            assert_eq!(key_of(name).as_deref(), Some(key));
        }
        for (key, name) in NO_SETTINGS_AS_KEYS.into_iter().zip(NO_SETTINGS) {
            assert_eq!((of_key(key).as_str(), key_of(name).as_deref()), (name, Some(key)));
        }
    }

    #[test]
    fn only_names_with_our_prefix_are_ours() {
        for (name, key) in [
            ("waygate_data_dir", Some("data_dir")),
            ("WAYGATE_", Some("")),
            ("WAYGATE", None),
            ("WAYGATES_X", None),
            ("PATH", None),
            ("W\u{e4}YGATE_X", None),
            ("WAYGATE\u{e4}X", None),
            ("", None),
        ] {
            assert_eq!(key_of(name).as_deref(), key, "{name}");
        }
    }

    #[test]
    fn variables_that_kubernetes_makes_for_a_service_are_recognised() {
        for (name, made) in [
            ("WAYGATE_SERVICE_HOST", true),
            ("WAYGATE_SERVICE_PORT", true),
            ("WAYGATE_SERVICE_PORT_HTTP", true),
            ("WAYGATE_PORT", true),
            ("WAYGATE_PORT_8080_TCP_ADDR", true),
            ("WAYGATE_HTTP_PORT_80_TCP", true),
            ("WAYGATE_HTTP__PORT", false),
            ("WAYGATE_PORTS", false),
            ("WAYGATE_DATA_DIR", false),
        ] {
            assert_eq!(is_service_link(name), made, "{name}");
        }
    }
}
