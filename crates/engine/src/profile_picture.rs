//! Use cases of the linked account's profile picture.

use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;

use crate::gateway::Gateway;

impl Gateway {
    /// Makes this JPEG the account's profile picture, cut to a square.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance, `WrongState` when it is not online, `Invalid`
    /// for a picture that WhatsApp does not take, `Unreachable` when it does not answer.
    pub async fn set_profile_picture(
        &self,
        instance: InstanceId,
        jpeg: Vec<u8>,
    ) -> Result<(), Error> {
        self.ask_line(instance, |line| line.set_profile_picture(jpeg)).await?.await
    }

    /// Where the account's profile picture can be fetched for a while; `None` when it has none.
    ///
    /// # Errors
    ///
    /// As [`Gateway::set_profile_picture`].
    pub async fn profile_picture_url(&self, instance: InstanceId) -> Result<Option<String>, Error> {
        self.ask_line(instance, |line| line.profile_picture_url()).await?.await
    }
}

/// What a request on a connection gets when there is none.
pub(crate) fn not_online() -> Error {
    Error::new(Kind::WrongState, "the instance is not online")
}
