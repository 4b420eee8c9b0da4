//! What a simulator is started with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The default of [`SimConfig::min_version`]. Which version the real server refuses first is not
/// known and moves; this one refuses the clients before 2.3000 and versions that never were.
const MIN_VERSION: (u32, u32, u32) = (2, 3000, 1_000_000_000);

/// Everything a simulator is started with. Two simulators with the same configuration and the
/// same sequence of inputs draw the same keys and refs.
#[derive(Clone)]
pub struct SimConfig {
    /// The origin of all randomness.
    pub seed: u64,
    /// How long every stanza of the server takes to reach its client.
    pub latency: Latency,
    /// The wall-clock time at which the simulator is created. From then on it moves with tokio's
    /// clock only, so that a paused test owns it.
    pub epoch: SystemTime,
    /// The private key of the certificate root, so that a restarted simulator stays trusted.
    /// `None` draws it from the seed.
    pub root_secret: Option<[u8; 32]>,
    /// The web client version that `GET /sw.js` announces.
    pub version: (u32, u32, u32),
    /// The oldest version that may register or log in; an older one is refused with 405. `None`
    /// takes every version.
    pub min_version: Option<(u32, u32, u32)>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            latency: Latency::None,
            epoch: UNIX_EPOCH + Duration::from_secs(1_767_225_600),
            root_secret: None,
            version: (2, 3000, 1_035_194_821),
            min_version: Some(MIN_VERSION),
        }
    }
}

impl std::fmt::Debug for SimConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, latency, epoch, root_secret, version, min_version } = self;
        formatter
            .debug_struct("SimConfig")
            .field("seed", seed)
            .field("latency", latency)
            .field("epoch", epoch)
            .field("root_secret", &root_secret.map(|_| ".."))
            .field("version", version)
            .field("min_version", min_version)
            .finish()
    }
}

/// The delay of everything the server sends. The order is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latency {
    /// None at all: finds races that production never shows.
    #[default]
    None,
    /// 40 ms, about a round trip: what clients are built for.
    FortyMillis,
}

impl Latency {
    pub(crate) fn delay(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::FortyMillis => Duration::from_millis(40),
        }
    }
}
