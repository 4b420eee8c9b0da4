//! Which messenger this is; the vendor serves others too.

/// `typeInstance` of every instance.
pub(crate) const TYPE_INSTANCE: &str = "whatsapp";
