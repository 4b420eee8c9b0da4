//! Requests about prekeys (docs/internals/sim.md, "Prekeys").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::Account,
    keys::is_of_small_order,
    prekeys::{SignedPreKey, Upload},
    requests::{Answer, RequestError, Then},
    stanza::{self, attr_jid},
    world::{DeviceKey, World},
};

/// The most addresses in one request for key bundles.
const BUNDLES_MAX: usize = 1_000;

pub(crate) fn count(world: &mut World, key: &DeviceKey) -> Result<Answer, RequestError> {
    let device = world.device(key).ok_or_else(RequestError::not_found)?;
    Ok(Answer::one(NodeBuilder::new("count").attr("value", device.stock.len()).build()))
}

pub(crate) fn digest(world: &mut World, key: &DeviceKey) -> Result<Answer, RequestError> {
    let device = world
        .device(key)
        .filter(|device| device.stock.was_uploaded())
        .ok_or_else(RequestError::not_found)?;
    let registration = &device.registration;
    Ok(Answer::one(device.stock.digest(registration.regid, &registration.identity)))
}

pub(crate) fn upload(
    world: &mut World,
    key: &DeviceKey,
    iq: &Node,
) -> Result<Answer, RequestError> {
    let upload = Upload::read(iq).map_err(RequestError::bad)?;
    let device = world.device(key).ok_or_else(RequestError::not_found)?;
    if upload.registration_id != device.registration.regid {
        return Err(RequestError::bad("another registration id than the device's"));
    }
    if upload.identity != device.registration.identity {
        return Err(unsigned("another identity than the device's"));
    }
    if let Some(detail) = device.stock.unusable(&upload) {
        return Err(RequestError::not_acceptable(detail));
    }
    if !upload.signed.is_signed_by(&device.registration.identity) {
        return Err(unsigned("the signed prekey's signature does not verify"));
    }
    device.stock.add(upload).map_err(RequestError::bad)?;
    Ok(Answer::then(Then::Greet))
}

pub(crate) fn rotate(
    world: &mut World,
    key: &DeviceKey,
    iq: &Node,
) -> Result<Answer, RequestError> {
    let signed = iq
        .get_optional_child_by_tag(&["rotate", "skey"])
        .and_then(SignedPreKey::read)
        .ok_or_else(|| RequestError::bad("skey"))?;
    let device = world.device(key).ok_or_else(RequestError::not_found)?;
    if is_of_small_order(&signed.value) {
        return Err(RequestError::not_acceptable("a key of small order"));
    }
    if !signed.is_signed_by(&device.registration.identity) {
        return Err(unsigned("the signed prekey's signature does not verify"));
    }
    device.stock.signed = signed;
    Ok(Answer::default())
}

fn unsigned(detail: &'static str) -> RequestError {
    RequestError {
        code: 406,
        text: "not-acceptable",
        refusal: Some(RefusalKind::PrekeySignature),
        detail,
    }
}

/// Key bundles of devices, one one-time prekey each, which is then gone.
pub(crate) fn bundles(world: &mut World, iq: &Node) -> Result<Answer, RequestError> {
    let users = iq
        .get_optional_child("key")
        .and_then(Node::children)
        .filter(|users| !users.is_empty() && users.len() <= BUNDLES_MAX)
        .ok_or_else(|| RequestError::bad("no user, or too many"))?;
    let mut bundles = Vec::with_capacity(users.len());
    for user in users {
        if user.tag != "user" {
            return Err(RequestError::bad("what is no user"));
        }
        let jid = attr_jid(user, "jid").ok_or_else(|| RequestError::bad("a user without jid"))?;
        let content = world
            .account_by_jid(&jid)
            .and_then(|account| bundle(account, jid.device))
            .unwrap_or_else(|| vec![stanza::error(406, "not-acceptable")]);
        bundles.push(NodeBuilder::new("user").attr("jid", jid).children(content).build());
    }
    Ok(Answer::one(NodeBuilder::new("list").children(bundles).build()))
}

fn bundle(account: &mut Account, number: u16) -> Option<Vec<Node>> {
    let mut content = account.bundle(number)?.nodes();
    let device = account.devices.get(&number);
    content.extend(device.map(|device| {
        NodeBuilder::new("device-identity").bytes(device.signed_identity.clone()).build()
    }));
    Some(content)
}
