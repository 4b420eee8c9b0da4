//! What only the page that a link ticket opens calls.

pub(crate) mod get_brand_css;
pub(crate) mod get_instance;
pub(crate) mod get_logo;
