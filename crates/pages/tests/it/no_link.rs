//! A link that never hears of WhatsApp: opening the page dials nothing.

use std::sync::Arc;

use waygate_core::account::LinkedAccount;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{Deed, Line, LinkSink, Linker};

#[derive(Debug, Clone, Copy)]
pub(crate) struct NoLink;

impl Linker for NoLink {
    fn dial(&self, _: InstanceId, _: Arc<dyn LinkSink>) -> Box<dyn Line> {
        Box::new(SilentLine)
    }

    fn linked_account(&self, _: InstanceId) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn forget(&self, _: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}

#[derive(Debug)]
struct SilentLine;

impl Line for SilentLine {
    fn hang_up(&self) {}

    fn log_out(&self) {}

    fn request_pairing_code(&self, _: &PhoneNumber) {}

    fn set_profile_picture(&self, _: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        Box::pin(std::future::pending())
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        Box::pin(std::future::pending())
    }
}
