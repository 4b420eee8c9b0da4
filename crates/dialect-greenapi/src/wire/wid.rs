//! Accounts as this vendor writes them.

use waygate_core::account::LinkedAccount;

/// The account as a chat: `15550001111@c.us`.
pub(crate) fn wid(account: &LinkedAccount) -> String {
    format!("{}@c.us", account.phone)
}

/// This device in the account: `15550001111:3@s.whatsapp.net`.
pub(crate) fn device_id(account: &LinkedAccount) -> String {
    format!("{}:{}@s.whatsapp.net", account.phone, account.device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_two_spellings() {
        let account = LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 };
        assert_eq!(wid(&account), "15550001111@c.us");
        assert_eq!(device_id(&account), "15550001111:3@s.whatsapp.net");
    }
}
