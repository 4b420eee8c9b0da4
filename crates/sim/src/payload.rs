//! The client payload: who is calling and what for (docs/internals/sim.md, "Client payload").

use md5::{Digest as _, Md5};
use waproto::{
    buffa::Message as _,
    whatsapp::{
        ClientPayload, DeviceProps,
        client_payload::{DevicePairingRegistrationData, user_agent::Platform},
    },
};

use crate::{
    RefusalKind,
    keys::{KEY_TYPE, verify},
    prekeys::SignedPreKey,
};

/// What a client came for.
#[derive(Debug)]
pub(crate) enum Intent {
    /// To be linked.
    Register(Box<Registration>),
    /// To go online as a linked device.
    LogIn { number: String, device: u16 },
}

/// What a device to be linked tells about itself.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// The registration id of its Signal identity.
    pub(crate) regid: [u8; 4],
    pub(crate) identity: [u8; 32],
    pub(crate) signed_prekey: SignedPreKey,
    pub(crate) os: String,
    pub(crate) platform: String,
}

/// Why a payload was not accepted, with the `reason` of the `<failure>` that says so.
#[derive(Debug)]
pub(crate) struct PayloadError {
    pub(crate) kind: RefusalKind,
    pub(crate) detail: String,
    pub(crate) reason: u16,
}

fn malformed(detail: &str) -> PayloadError {
    PayloadError { kind: RefusalKind::Payload, detail: detail.to_owned(), reason: 400 }
}

/// Reads and checks a payload.
pub(crate) fn read(
    bytes: &[u8],
    min_version: Option<(u32, u32, u32)>,
) -> Result<Intent, PayloadError> {
    let payload = ClientPayload::decode_from_slice(bytes)
        .map_err(|_not_protobuf| malformed("not a client payload"))?;
    let version = check_user_agent(&payload, min_version)?;
    if let Some(data) = payload.device_pairing_data.as_option() {
        if payload.username.is_some() || payload.device.is_some() {
            return Err(malformed("a registration with a username or a device"));
        }
        if (payload.passive, payload.pull) != (Some(false), Some(false)) {
            return Err(malformed("passive or pull of a registration is not false"));
        }
        return read_registration(data, version).map(|it| Intent::Register(Box::new(it)));
    }
    if payload.passive.is_none() || payload.pull != Some(true) {
        return Err(malformed("a login without passive, or its pull is not true"));
    }
    let number = payload.username.ok_or_else(|| malformed("username is absent"))?.to_string();
    let device = payload
        .device
        .and_then(|device| u16::try_from(device).ok())
        .filter(|device| *device > 0)
        .ok_or_else(|| malformed("device is absent or not a companion's"))?;
    Ok(Intent::LogIn { number, device })
}

/// Who is calling: a browser, which says so twice, or an app that can be a companion.
fn check_user_agent(
    payload: &ClientPayload,
    min_version: Option<(u32, u32, u32)>,
) -> Result<(u32, u32, u32), PayloadError> {
    let strange = |detail: &str| PayloadError {
        kind: RefusalKind::Payload,
        detail: detail.to_owned(),
        reason: 409,
    };
    let user_agent =
        payload.user_agent.as_option().ok_or_else(|| strange("the user agent is absent"))?;
    let version = user_agent
        .app_version
        .as_option()
        .and_then(|version| Some((version.primary?, version.secondary?, version.tertiary?)))
        .ok_or_else(|| strange("the user agent has no version"))?;
    let is_browser = match user_agent.platform {
        Some(Platform::WEB) => true,
        Some(
            Platform::ANDROID
            | Platform::SMB_ANDROID
            | Platform::IOS
            | Platform::MACOS
            | Platform::WINDOWS,
        ) => false,
        _ => return Err(strange("the user agent's platform is not a companion's")),
    };
    let web_info = payload.web_info.as_option();
    if is_browser && web_info.is_none_or(|it| it.web_sub_platform.is_none()) {
        return Err(malformed("webInfo of a browser is absent or names no platform"));
    }
    if !is_browser && web_info.is_some() {
        return Err(malformed("webInfo of something that is no browser"));
    }
    if min_version.is_some_and(|oldest| version < oldest) {
        return Err(PayloadError {
            kind: RefusalKind::Outdated,
            detail: format!("{}.{}.{}", version.0, version.1, version.2),
            reason: 405,
        });
    }
    Ok(version)
}

fn read_registration(
    data: &DevicePairingRegistrationData,
    version: (u32, u32, u32),
) -> Result<Registration, PayloadError> {
    if data.e_keytype.as_deref() != Some(&[KEY_TYPE]) {
        return Err(malformed("eKeytype is not 5"));
    }
    let identity = sized::<32>(data.e_ident.as_deref(), "eIdent")?;
    let signed_prekey = SignedPreKey {
        id: sized(data.e_skey_id.as_deref(), "eSkeyId")?,
        value: sized(data.e_skey_val.as_deref(), "eSkeyVal")?,
        signature: sized(data.e_skey_sig.as_deref(), "eSkeySig")?,
    };
    if !verify(&identity, &[&[KEY_TYPE], &signed_prekey.value], &signed_prekey.signature) {
        return Err(PayloadError {
            kind: RefusalKind::RegistrationSignature,
            detail: "eSkeySig does not verify under eIdent".to_owned(),
            reason: 400,
        });
    }
    let expected = Md5::digest(format!("{}.{}.{}", version.0, version.1, version.2));
    if data.build_hash.as_deref() != Some(expected.as_slice()) {
        return Err(PayloadError {
            kind: RefusalKind::BuildHash,
            detail: "buildHash is not the MD5 of the version".to_owned(),
            reason: 400,
        });
    }
    let props = data
        .device_props
        .as_deref()
        .and_then(|bytes| DeviceProps::decode_from_slice(bytes).ok())
        .ok_or_else(|| malformed("deviceProps is absent or no protobuf"))?;
    let os = props.os.clone().filter(|os| !os.is_empty());
    let platform = props.platform_type.ok_or_else(|| malformed("deviceProps name no platform"))?;
    Ok(Registration {
        regid: sized(data.e_regid.as_deref(), "eRegid")?,
        identity,
        signed_prekey,
        os: os.ok_or_else(|| malformed("deviceProps name no system"))?,
        platform: format!("{platform:?}"),
    })
}

fn sized<const N: usize>(bytes: Option<&[u8]>, field: &str) -> Result<[u8; N], PayloadError> {
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| malformed(&format!("{field} is absent or not {N} bytes")))
}
