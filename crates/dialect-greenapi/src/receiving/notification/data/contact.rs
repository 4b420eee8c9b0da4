//! One contact, and several.

use serde::Serialize;
use waygate_core::message::content::{Contact, Contacts};

use super::Forwarded;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VCard<'a> {
    display_name: &'a str,
    vcard: &'a str,
}

#[derive(Serialize)]
pub(super) struct ContactData<'a> {
    #[serde(flatten)]
    contact: VCard<'a>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

#[derive(Serialize)]
pub(super) struct ContactsData<'a> {
    contacts: Vec<VCard<'a>>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

impl<'a> VCard<'a> {
    fn of(contact: &'a Contact) -> Self {
        Self { display_name: &contact.name, vcard: &contact.vcard }
    }
}

impl<'a> ContactData<'a> {
    pub(super) fn of(contact: &'a Contact, forwarded: Forwarded) -> Self {
        Self { contact: VCard::of(contact), forwarded }
    }
}

impl<'a> ContactsData<'a> {
    pub(super) fn of(all: &'a Contacts, forwarded: Forwarded) -> Self {
        Self { contacts: all.contacts.iter().map(VCard::of).collect(), forwarded }
    }
}
