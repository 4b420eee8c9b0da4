//! What happens to an instance: page by page, and as it happens.

mod codes;
pub(crate) mod list;
pub(crate) mod media;
pub(crate) mod socket;
pub(crate) mod stream;
mod wanted;
