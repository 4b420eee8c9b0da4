//! The methods of GREEN-API that are served, as a stranger with the documentation knows them.

use crate::attacked_server::Attacked;
use crate::green_client::Credentials;
use crate::raw_client::{Reply, Request, is_like};
use crate::simulator::NUMBER;

/// Where a method is found, and whose token opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// `/waInstance{idInstance}/{method}/{apiTokenInstance}`.
    Account,
    /// `/waInstance{idInstance}/{apiTokenInstance}`.
    Page,
    /// `/partner/{method}/{partnerToken}`.
    Partner,
}

/// What a method does with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    Nothing,
    Count,
    Settings,
    Phone,
    Picture,
    NewInstance,
    Instance,
}

/// One method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Method {
    pub(crate) group: Group,
    pub(crate) verb: &'static str,
    pub(crate) name: &'static str,
    pub(crate) reads: Reads,
    /// What a good call of an instance that is not linked is told; `*` stands for anything.
    pub(crate) told: &'static str,
}

const fn get(name: &'static str, told: &'static str) -> Method {
    Method { group: Group::Account, verb: "GET", name, reads: Reads::Nothing, told }
}

const fn post(name: &'static str, reads: Reads, told: &'static str) -> Method {
    Method { group: Group::Account, verb: "POST", name, reads, told }
}

pub(crate) const METHODS: [Method; 18] = [
    get("qr", r#"200 {"type":"qrCode","message":"*"}"#),
    get(
        "scanqrcode",
        r#"426 {"statusCode":426,"timestamp":"*","path":"/waInstance*/scanqrcode/<TOKEN>","message":"the request asks for no websocket"}"#,
    ),
    Method { group: Group::Page, ..get("", "303 ") },
    post("getAuthorizationCode", Reads::Phone, r#"200 {"status":true,"code":"*"}"#),
    get("getStateInstance", r#"200 {"stateInstance":"notAuthorized"}"#),
    get("getStatusInstance", r#"200 {"statusInstance":"offline"}"#),
    get("logout", r#"200 {"isLogout":true}"#),
    get("reboot", r#"200 {"isReboot":true}"#),
    get("getSettings", r#"200 {"wid":"",*}"#),
    post("setSettings", Reads::Settings, r#"200 {"saveSettings":true}"#),
    get(
        "getWaSettings",
        r#"200 {"avatar":"","phone":"","stateInstance":"notAuthorized","deviceId":"","chatId":""}"#,
    ),
    get(
        "getDeviceInfo",
        r#"200 {"platform":"","deviceManufacturer":"","deviceModel":"","osVersion":"","waVersion":"","battery":100}"#,
    ),
    Method {
        reads: Reads::Count,
        ..get("getStateInstanceHistory", r#"200 [{"stateInstance":"notAuthorized",*}]"#)
    },
    post(
        "setProfilePicture",
        Reads::Picture,
        r#"200 {"setProfilePicture":false,"urlAvatar":"","reason":"the picture is not a JPEG"}"#,
    ),
    get("updateApiToken", r#"200 {"apiTokenInstance":"*"}"#),
    Method {
        group: Group::Partner,
        ..post(
            "createInstance",
            Reads::NewInstance,
            r#"200 {"idInstance":*,"apiTokenInstance":"*","typeInstance":"whatsapp"}"#,
        )
    },
    Method { group: Group::Partner, ..get("getInstances", r#"200 [{"idInstance":*}]"#) },
    Method {
        group: Group::Partner,
        ..post("deleteInstanceAccount", Reads::Instance, r#"200 {"deleteInstanceAccount":true}"#)
    },
];

/// Separates the parts of a form.
const BOUNDARY: &str = "waygate-form";

/// Refuses a token in words, with status 200.
const UNAUTHORIZED_IN_WORDS: &str = r#"200 {"code":401,"description":"Unauthorized"}"#;

impl Method {
    /// Where it is, with anything at all in the place of the id and of the token.
    pub(crate) fn path(&self, id: &str, token: &str) -> String {
        let name = self.name;
        match self.group {
            Group::Account => format!("/waInstance{id}/{name}/{token}"),
            Group::Page => format!("/waInstance{id}/{token}"),
            Group::Partner => format!("/partner/{name}/{token}"),
        }
    }

    /// The address of a good call by this instance, or by its partner.
    pub(crate) fn own_path(&self, attacked: &Attacked, who: &Credentials) -> String {
        let token = match self.group {
            Group::Account | Group::Page => &who.token,
            Group::Partner => &attacked.partner,
        };
        self.path(&who.number.to_string(), token)
    }

    /// Who may call it once more: what can be done only once, or a few times in an hour, gets an
    /// instance of its own.
    pub(crate) async fn caller(&self, attacked: &Attacked) -> Credentials {
        match self.name {
            "updateApiToken" | "deleteInstanceAccount" | "getAuthorizationCode" => {
                attacked.create().await
            }
            _ => attacked.shop.clone(),
        }
    }

    /// The largest body that it takes, in bytes.
    pub(crate) fn body_bytes_max(&self) -> usize {
        if self.reads == Reads::Picture { 5 * 1024 * 1024 } else { 100 * 1024 }
    }

    /// A good body that is at least so many bytes long.
    pub(crate) fn body(&self, who: &Credentials, bytes_min: usize) -> Vec<u8> {
        let number = who.number;
        let json = match self.reads {
            Reads::Nothing => String::new(),
            Reads::Count => r#"{"count":1}"#.to_owned(),
            Reads::Settings => r#"{"linkPreview":"yes"}"#.to_owned(),
            Reads::Phone => format!(r#"{{"phoneNumber":{NUMBER}}}"#),
            Reads::NewInstance => r#"{"name":"shop"}"#.to_owned(),
            Reads::Instance => format!(r#"{{"idInstance":{number}}}"#),
            Reads::Picture => return form(bytes_min),
        };
        let padding = bytes_min.saturating_sub(json.len());
        [json.into_bytes(), vec![b' '; padding]].concat()
    }

    /// A request to this address, as it should be but for the body.
    pub(crate) fn request(&self, path: &str) -> Request {
        let content_type = if self.reads == Reads::Picture {
            format!("multipart/form-data; boundary={BOUNDARY}")
        } else {
            "application/json".to_owned()
        };
        Request::new(self.verb, path).header("Content-Type", &content_type)
    }

    /// The envelope of an error; the method was understood, and the id if it is shown.
    pub(crate) fn error(&self, id: &str, status: u16, message: &str) -> String {
        envelope(&self.path(id, "<TOKEN>"), status, message)
    }

    /// What an unknown token is told.
    pub(crate) fn unauthorized(&self) -> &'static str {
        if self.refuses_in_words() { UNAUTHORIZED_IN_WORDS } else { "401 " }
    }

    /// What the token of another instance is told.
    pub(crate) fn forbidden(&self, id: &str) -> String {
        if self.refuses_in_words() {
            UNAUTHORIZED_IN_WORDS.to_owned()
        } else {
            self.error(id, 403, "Forbidden")
        }
    }

    fn refuses_in_words(&self) -> bool {
        self.group == Group::Partner || self.name == "updateApiToken"
    }
}

/// An error in the vendor's envelope.
pub(crate) fn envelope(path: &str, status: u16, message: &str) -> String {
    let message = serde_json::Value::from(message);
    format!(
        r#"{status} {{"statusCode":{status},"timestamp":"*","path":"{path}","message":{message}}}"#
    )
}

/// A form whose file is no picture, at least so many bytes long.
fn form(bytes_min: usize) -> Vec<u8> {
    let begin = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\nno JPEG"
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let padding = bytes_min.saturating_sub(begin.len() + end.len());
    [begin.into_bytes(), vec![b'x'; padding], end.into_bytes()].concat()
}

/// That an answer is this one, whatever the time, and says of itself what all of this vendor's do.
pub(crate) fn assert_told(reply: &Reply, told: &str, case: &str) {
    assert!(is_like(&reply.told(), told), "{case}: {} is not {told}", reply.told());
    if let Some((_, rest)) = reply.body.split_once(r#""timestamp":""#) {
        let time = rest.split('"').next().unwrap_or_default();
        assert!(is_time(time), "{case}: {time}");
    }
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{case}");
    let is_written = !reply.body.is_empty() || reply.status == 401;
    let content_type = is_written.then_some("application/json; charset=utf-8");
    assert_eq!(reply.header("content-type"), content_type, "{case}");
}

/// Whether it is a time such as `2026-03-01T10:20:30.456Z`.
fn is_time(text: &str) -> bool {
    let form = "0000-00-00T00:00:00.000Z";
    let digits_aside: String =
        text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    digits_aside == form
}
