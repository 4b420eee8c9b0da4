//! The WhatsApp account an instance is linked to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which account this is, as WhatsApp told us when the device was linked.
///
/// The number is personal: `Debug` shows only that there is one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedAccount {
    /// International digits without `+`, 7 to 15 of them.
    pub phone: String,
    /// The account's hidden id (`LID`) without its device part, when WhatsApp sent one.
    pub lid: Option<String>,
    /// Number of this device in the account; the phone itself is 0.
    pub device: u16,
}

impl fmt::Debug for LinkedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedAccount").field("device", &self.device).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linked_account_does_not_print_its_number() {
        let account = LinkedAccount {
            phone: "15550001111".into(),
            lid: Some("98765432101234".into()),
            device: 3,
        };
        assert_eq!(format!("{account:?}"), "LinkedAccount { device: 3, .. }");
    }
}
