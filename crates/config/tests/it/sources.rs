//! Sources as tests write them.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use waygate_config::{Override, Problems, Settings, Sources};

/// A file of one test, which goes away with it.
#[derive(Debug)]
pub(crate) struct TemporaryFile(pub(crate) PathBuf);

impl TemporaryFile {
    pub(crate) fn new(content: impl AsRef<[u8]>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("config-{}-{number}.toml", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

pub(crate) fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Flags: key and value. The flag of `log.format` is `--log-format`.
pub(crate) fn flags(pairs: &[(&str, &str)]) -> Vec<Override> {
    let flag = |key: &str| format!("--{}", key.replace(['.', '_'], "-"));
    pairs
        .iter()
        .map(|(key, value)| Override {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            flag: flag(key),
        })
        .collect()
}

pub(crate) fn from_file(content: impl AsRef<[u8]>) -> Result<Settings, Problems> {
    let file = TemporaryFile::new(content);
    Settings::load(&Sources::new(Some(file.0.clone()), [], vec![]))
}

pub(crate) fn from_environment(pairs: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::load(&Sources::new(None, environment(pairs), vec![]))
}

pub(crate) fn from_flags(pairs: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::load(&Sources::new(None, [], flags(pairs)))
}

/// The problems as a person reads them, with `FILE` for the file's path.
pub(crate) fn told(loaded: Result<Settings, Problems>) -> Vec<String> {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let without_path = |line: String| match line.split_once(folder) {
        Some((before, after)) => {
            let (_, after) = after.split_once(".toml").unwrap();
            format!("{before}FILE{after}")
        }
        None => line,
    };
    loaded.unwrap_err().iter().map(|problem| without_path(problem.to_string())).collect()
}
