//! The signed device identity: how a phone vouches for a companion and the companion for itself
//! (docs/internals/sim.md, "Device identity").
//!
//! The phone builds it, the server checks what comes back, and the result accompanies the device
//! for as long as it is linked.

use waproto::{
    buffa::Message as _,
    codec::{
        adv_key_index_list_to_vec, adv_signed_device_identity_decode,
        adv_signed_device_identity_to_vec, adv_signed_key_index_list_to_vec,
    },
    whatsapp::{
        ADVDeviceIdentity, ADVKeyIndexList, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC,
        ADVSignedKeyIndexList,
    },
};

use crate::{
    dice::Dice,
    digest::hmac_sha256,
    keys::{KeyPair, verify},
};

const ACCOUNT_SIGNATURE: &[u8] = &[6, 0];
const DEVICE_SIGNATURE: &[u8] = &[6, 1];
const KEY_INDEX_LIST_SIGNATURE: &[u8] = &[6, 2];

/// What a phone says about a companion, not yet countersigned.
#[derive(Debug, Clone)]
pub(crate) struct DeviceIdentity {
    details: Vec<u8>,
    account_key: [u8; 32],
    account_signature: [u8; 64],
    companion: [u8; 32],
}

/// The numbers inside a device identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceNumbers {
    /// Fixed per account; a changed one would be a new identity to everyone else.
    pub(crate) raw_id: u32,
    pub(crate) timestamp_unix_s: u64,
    pub(crate) key_index: u32,
}

/// Why a countersigned identity was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountersignError {
    /// Not a signed device identity at all.
    Malformed,
    /// Details, account key or account signature are not the ones that were sent.
    Altered,
    /// The companion's signature is absent or does not verify.
    Signature,
}

impl DeviceIdentity {
    /// Signs for the companion with this identity key.
    pub(crate) fn sign(
        phone: &KeyPair,
        dice: &mut Dice,
        numbers: DeviceNumbers,
        companion: [u8; 32],
    ) -> Self {
        let details = ADVDeviceIdentity {
            raw_id: Some(numbers.raw_id),
            timestamp: Some(numbers.timestamp_unix_s),
            key_index: Some(numbers.key_index),
            ..ADVDeviceIdentity::default()
        }
        .encode_to_vec();
        let account_signature = phone.sign(dice, &[ACCOUNT_SIGNATURE, &details, &companion]);
        Self { details, account_key: phone.public(), account_signature, companion }
    }

    /// The container for `pair-success`, authenticated with the secret from the scanned code.
    pub(crate) fn seal(&self, adv_secret: &[u8; 32]) -> Vec<u8> {
        let signed = adv_signed_device_identity_to_vec(&ADVSignedDeviceIdentity {
            details: Some(self.details.clone()),
            account_signature_key: Some(self.account_key.to_vec()),
            account_signature: Some(self.account_signature.to_vec()),
            device_signature: None,
        });
        let hmac = hmac_sha256(adv_secret, &[&signed]).to_vec();
        ADVSignedDeviceIdentityHMAC {
            details: Some(signed),
            hmac: Some(hmac),
            ..ADVSignedDeviceIdentityHMAC::default()
        }
        .encode_to_vec()
    }

    /// Checks what the companion made of it. The account key may be left out on the way back.
    pub(crate) fn check(&self, countersigned: &[u8]) -> Result<(), CountersignError> {
        let back = adv_signed_device_identity_decode(countersigned)
            .map_err(|_not_protobuf| CountersignError::Malformed)?;
        let same_key = back
            .account_signature_key
            .as_deref()
            .is_none_or(|key| key.is_empty() || key == self.account_key);
        if back.details.as_deref() != Some(&self.details)
            || back.account_signature.as_deref() != Some(&self.account_signature)
            || !same_key
        {
            return Err(CountersignError::Altered);
        }
        let signature = back.device_signature.unwrap_or_default();
        let message = [DEVICE_SIGNATURE, &self.details, &self.companion, &self.account_key];
        if verify(&self.companion, &message, &signature) {
            Ok(())
        } else {
            Err(CountersignError::Signature)
        }
    }
}

/// Whether what a device shows as its identity is the one that it countersigned. The account key
/// may be left out.
pub(crate) fn is_same(countersigned: &[u8], shown: &[u8]) -> bool {
    let (Ok(own), Ok(shown)) = (
        adv_signed_device_identity_decode(countersigned),
        adv_signed_device_identity_decode(shown),
    ) else {
        return false;
    };
    let given = |key: &Option<Vec<u8>>| key.clone().filter(|key| !key.is_empty());
    let keys = given(&own.account_signature_key).zip(given(&shown.account_signature_key));
    own.details == shown.details
        && own.account_signature == shown.account_signature
        && own.device_signature == shown.device_signature
        && keys.is_none_or(|(own, shown)| own == shown)
}

/// The signed list of an account's valid companions, part of every answer about its devices.
pub(crate) fn key_index_list(
    phone: &KeyPair,
    dice: &mut Dice,
    numbers: DeviceNumbers,
    valid: Vec<u32>,
) -> Vec<u8> {
    let details = adv_key_index_list_to_vec(&ADVKeyIndexList {
        raw_id: Some(numbers.raw_id),
        timestamp: Some(numbers.timestamp_unix_s),
        current_index: Some(numbers.key_index),
        valid_indexes: valid,
        ..ADVKeyIndexList::default()
    });
    let signature = phone.sign(dice, &[KEY_INDEX_LIST_SIGNATURE, &details]);
    adv_signed_key_index_list_to_vec(&ADVSignedKeyIndexList {
        details: Some(details),
        account_signature: Some(signature.to_vec()),
        account_signature_key: Some(phone.public().to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> DeviceNumbers {
        DeviceNumbers { raw_id: 7, timestamp_unix_s: 1_700_000_000, key_index: 3 }
    }

    /// The companion's side: opens the container and countersigns.
    fn countersign(container: &[u8], secret: &[u8; 32], companion: &KeyPair) -> Vec<u8> {
        let container = ADVSignedDeviceIdentityHMAC::decode_from_slice(container).unwrap();
        let signed = container.details.unwrap();
        assert_eq!(container.hmac.unwrap(), hmac_sha256(secret, &[&signed]));
        let mut identity = adv_signed_device_identity_decode(&signed).unwrap();
        let details = identity.details.clone().unwrap();
        let account: [u8; 32] = identity.account_signature_key.clone().unwrap().try_into().unwrap();
        let message = [ACCOUNT_SIGNATURE, &details, &companion.public()];
        assert!(verify(&account, &message, identity.account_signature.as_deref().unwrap()));
        let message = [DEVICE_SIGNATURE, &details, &companion.public(), &account];
        let mut dice = Dice::derive(1, "companion", 0);
        identity.device_signature = Some(companion.sign(&mut dice, &message).to_vec());
        adv_signed_device_identity_to_vec(&identity)
    }

    fn set_up() -> (DeviceIdentity, KeyPair, Vec<u8>) {
        let mut dice = Dice::derive(1, "test", 0);
        let (phone, companion) = (KeyPair::generate(&mut dice), KeyPair::generate(&mut dice));
        let identity = DeviceIdentity::sign(&phone, &mut dice, numbers(), companion.public());
        let back = countersign(&identity.seal(&[4; 32]), &[4; 32], &companion);
        (identity, companion, back)
    }

    #[test]
    fn a_countersigned_identity_is_accepted_with_or_without_the_account_key() {
        let (identity, _, back) = set_up();
        assert_eq!(identity.check(&back), Ok(()));
        let mut without = adv_signed_device_identity_decode(&back).unwrap();
        without.account_signature_key = None;
        assert_eq!(identity.check(&adv_signed_device_identity_to_vec(&without)), Ok(()));
    }

    #[test]
    fn an_altered_or_unsigned_identity_is_refused() {
        let (identity, companion, back) = set_up();
        let parsed = adv_signed_device_identity_decode(&back).unwrap();

        let mut unsigned = parsed.clone();
        unsigned.device_signature = None;
        let unsigned = adv_signed_device_identity_to_vec(&unsigned);
        assert_eq!(identity.check(&unsigned), Err(CountersignError::Signature));

        let mut altered = parsed.clone();
        altered.details.as_mut().unwrap()[0] ^= 1;
        let altered = adv_signed_device_identity_to_vec(&altered);
        assert_eq!(identity.check(&altered), Err(CountersignError::Altered));

        let mut foreign = parsed;
        foreign.account_signature_key = Some(companion.public().to_vec());
        let foreign = adv_signed_device_identity_to_vec(&foreign);
        assert_eq!(identity.check(&foreign), Err(CountersignError::Altered));

        assert_eq!(identity.check(&[0xff; 5]), Err(CountersignError::Malformed));
    }

    #[test]
    fn the_key_index_list_is_signed_by_the_phone() {
        let mut dice = Dice::derive(1, "test", 0);
        let phone = KeyPair::generate(&mut dice);
        let list = key_index_list(&phone, &mut dice, numbers(), vec![1, 3]);
        let list = ADVSignedKeyIndexList::decode_from_slice(&list).unwrap();
        let details = list.details.unwrap();
        let message = [KEY_INDEX_LIST_SIGNATURE, &details[..]];
        assert!(verify(&phone.public(), &message, &list.account_signature.unwrap()));
        let details = ADVKeyIndexList::decode_from_slice(&details).unwrap();
        assert_eq!(details.valid_indexes, [1, 3]);
    }
}
