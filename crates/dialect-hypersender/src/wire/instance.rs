//! An instance, as it is told.

use serde::Serialize;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::phone::PhoneNumber;
use waygate_core::secret::TokenText;

use super::status::Status;
use super::time::time;

/// The vendor has another service, for text messages.
const SERVICE_TYPE: &str = "whatsapp";

/// An instance. Its fields stand in the order of the vendor's examples.
#[derive(Serialize)]
pub(crate) struct InstanceBody<'a> {
    id: String,
    name: &'a str,
    phone: Option<String>,
    service_type: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_code: Option<String>,
    access_token: Option<&'a str>,
    created_at: String,
}

impl<'a> InstanceBody<'a> {
    /// The instance as its machine stands; there is none where nothing runs it.
    pub(crate) fn of(
        record: &'a InstanceRecord,
        machine: Option<&Machine>,
        token: Option<&'a TokenText>,
    ) -> Self {
        Self {
            id: record.id.to_string(),
            name: &record.name,
            phone: phone(record, machine),
            service_type: SERVICE_TYPE,
            status: Status::of(machine),
            qr_code: None,
            access_token: token.map(TokenText::expose),
            created_at: time(record.created_at),
        }
    }

    /// Together with the picture of a code.
    pub(crate) fn with_code(self, picture: Option<String>) -> Self {
        match picture {
            // It may have been scanned meanwhile; whoever gets a code is told to scan it.
            Some(picture) => Self { qr_code: Some(picture), status: Status::ScanQrCode, ..self },
            None => self,
        }
    }
}

/// The number that is meant to be linked, or else the one that is.
pub(crate) fn phone(record: &InstanceRecord, machine: Option<&Machine>) -> Option<String> {
    let linked = || machine.and_then(|machine| machine.state().linked());
    let meant = record.phone.as_ref().map(PhoneNumber::digits);
    let digits = meant.or_else(|| linked().map(|account| account.phone.as_str()))?;
    Some(format!("+{digits}"))
}
