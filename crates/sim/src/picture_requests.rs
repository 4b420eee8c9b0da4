//! Requests for profile pictures, and who hears of a change
//! (docs/internals/sim.md, "Profile pictures").

use bytes::Bytes;
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    PictureError, RefusalKind,
    account::{Account, Queued},
    picture::ProfilePicture,
    requests::{Answer, RequestError},
    session,
    stanza::{attr, attr_jid, content},
    world::{DeviceKey, World},
};

/// The value of a privacy setting that lets everybody see. Nobody here is a contact of anybody, so
/// every other value hides.
const EVERYBODY: &str = "all";

/// Tells where an account's picture can be fetched.
pub(crate) fn get(world: &World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    only(iq, &["to", "type", "xmlns", "id", "target"])?;
    let target = attr_jid(iq, "target").ok_or_else(|| RequestError::bad("no target"))?;
    if target.device != 0 {
        return Err(RequestError::bad("a picture belongs to an account, not to a device"));
    }
    let asked = only_child(iq)?;
    if attr(asked, "id").is_some() {
        return Err(not_simulated("a question whether a known picture has changed"));
    }
    only(asked, &["type", "query"])?;
    let kind = attr(asked, "type")
        .filter(|kind| matches!(kind.as_ref(), "image" | "preview"))
        .ok_or_else(|| RequestError::bad("neither image nor preview"))?;
    if attr(asked, "query").as_deref() != Some("url") {
        return Err(RequestError::bad("a picture itself is not sent, only its address"));
    }
    if asked.content.is_some() {
        // The real server leaves a question about oneself with a token unanswered.
        return Err(RequestError::bad("a token that was never given out"));
    }
    let account = world.account_of(&target).ok_or_else(RequestError::not_found)?;
    if account.number != key.number && !is_shown(account) {
        return Err(RequestError { refusal: None, ..error(401, "not-authorized", "") });
    }
    let picture = account.picture.as_ref().ok_or_else(RequestError::not_found)?;
    let answer = NodeBuilder::new("picture")
        .attr("id", picture.id.as_str())
        .attr("type", kind.as_ref())
        .attr("url", world.address_of(picture))
        .attr("direct_path", picture.path.as_str())
        .build();
    Ok(Answer::one(answer))
}

/// Takes a new picture of the asking account, or, without one, removes it.
pub(crate) fn set(world: &mut World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    only(iq, &["to", "type", "xmlns", "id", "target"])?;
    if let Some(target) = attr_jid(iq, "target") {
        let own = world.account_of(&target).is_some_and(|own| own.number == key.number);
        return Err(if own {
            error(406, "not-acceptable", "one's own picture is set without a target")
        } else {
            not_simulated("a picture of anything but the own account")
        });
    }
    if iq.content.is_none() {
        change(world, &key.number, Some(key.device), None).map_err(not_acceptable)?;
        return Ok(Answer::default());
    }
    let picture = only_child(iq)?;
    only(picture, &["type"])?;
    if attr(picture, "type").as_deref() != Some("image") {
        return Err(RequestError::bad("a new picture is of type image"));
    }
    let jpeg = content(picture).unwrap_or_default().to_vec();
    let id =
        change(world, &key.number, Some(key.device), Some(jpeg.into())).map_err(not_acceptable)?;
    Ok(Answer::one(NodeBuilder::new("picture").attr("id", id).build()))
}

/// Changes an account's picture, tells its devices but the one that did it, and returns the new
/// picture's id. Removing what is not there is no change.
pub(crate) fn change(
    world: &mut World,
    number: &str,
    by: Option<u16>,
    jpeg: Option<Bytes>,
) -> Result<String, PictureError> {
    let clock = world.clock;
    let Some(account) = world.accounts.get_mut(number) else {
        return Ok(String::new());
    };
    let own = account.jid(0);
    let news = if let Some(jpeg) = jpeg {
        let before = account.picture.as_ref();
        let picture = ProfilePicture::take(jpeg, before, clock, &mut account.dice)?;
        let id = picture.id.clone();
        account.picture = Some(picture);
        NodeBuilder::new("set").attr("id", id)
    } else {
        if account.picture.take().is_none() {
            return Ok(String::new());
        }
        NodeBuilder::new("delete")
    };
    let news = news.attr("jid", own.clone()).attr("author", own.clone()).build();
    let id = attr(&news, "id").map(String::from).unwrap_or_default();
    let told: Vec<(u16, String)> = account
        .devices
        .keys()
        .filter(|device| Some(**device) != by)
        .map(|device| (*device, (u64::from(account.dice.number()) << 1).to_string()))
        .collect();
    for (device, stanza) in told {
        let node = NodeBuilder::new("notification")
            .attr("from", own.clone())
            .attr("type", "picture")
            .attr("id", stanza.as_str())
            .attr("t", clock.unix_s())
            .children([news.clone()])
            .build();
        let key = DeviceKey { number: number.to_owned(), device };
        session::queue(world, &key, Queued::new(stanza, node));
    }
    Ok(id)
}

/// Whether strangers see the account's picture.
pub(crate) fn is_shown(account: &Account) -> bool {
    account.privacy.get("profile").is_some_and(|who| who == EVERYBODY)
}

fn only(node: &Node, known: &[&str]) -> Result<(), RequestError> {
    let stranger = node.attrs.iter().any(|(name, _)| !known.contains(&name.as_ref()));
    if stranger { Err(RequestError::bad("an unknown attribute")) } else { Ok(()) }
}

fn only_child(iq: &Node) -> Result<&Node, RequestError> {
    match iq.children() {
        Some([picture]) if picture.tag == "picture" => Ok(picture),
        _ => Err(RequestError::bad("not exactly one picture")),
    }
}

fn error(code: u16, text: &'static str, detail: &'static str) -> RequestError {
    RequestError { code, text, refusal: Some(RefusalKind::Request), detail }
}

fn not_simulated(detail: &'static str) -> RequestError {
    error(501, "feature-not-implemented", detail)
}

fn not_acceptable(refused: PictureError) -> RequestError {
    let detail = match refused {
        PictureError::NotJpeg => "not a JPEG",
        PictureError::TooLarge => "a picture that is too large",
    };
    RequestError { refusal: Some(RefusalKind::Picture), ..error(406, "not-acceptable", detail) }
}
