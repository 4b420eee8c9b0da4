//! The account's own picture, as several methods tell of it.

use std::time::Duration;

use waygate_core::id::InstanceId;
use waygate_engine::Gateway;

/// How long an answer waits for WhatsApp to tell where the picture is.
const WITHIN: Duration = Duration::from_secs(5);

/// Where the picture can be fetched for a while; nothing when there is none, or WhatsApp does not
/// say so in time. Nobody's settings are worth less without it.
pub(crate) async fn url(gateway: &Gateway, instance: InstanceId) -> String {
    match tokio::time::timeout(WITHIN, gateway.profile_picture_url(instance)).await {
        Ok(Ok(url)) => url.unwrap_or_default(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the account's picture is not known");
            String::new()
        }
        Err(_elapsed) => String::new(),
    }
}
