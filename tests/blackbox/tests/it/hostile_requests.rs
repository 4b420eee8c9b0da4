//! Requests of strangers to every method of GREEN-API: wrong ids, tokens, names and verbs.
//!
//! Each kind of mistake is a row of a table with what it must be told, and is made with every method.

use serde_json::json;

use crate::attacked_server::Attacked;
use crate::green_client::Credentials;
use crate::green_methods::{Group, METHODS, Method, assert_told, envelope};
use crate::raw_client::Request;

/// Ids that are none, and so are not repeated.
const NO_IDS: [&str; 13] = [
    "",
    "abc",
    "0",
    "00",
    "-1",
    "+1",
    "1.0",
    "0x10",
    "111111111111111111111111111111",
    "%31%31%30%35%36%30%30%31%32%33",
    "%00",
    "..",
    "%2e%2e%2f",
];

/// What `deleteInstanceAccount` says to ids in its body.
const IDS_IN_BODY: [(&str, &str); 15] = [
    ("4242424242", r#"200 {"code":404,"description":"Not found"}"#),
    ("\"4242424242\"", r#"200 {"code":404,"description":"Not found"}"#),
    ("0", r#"200 {"code":404,"description":"Not found"}"#),
    ("-1", r#"200 {"code":404,"description":"Not found"}"#),
    ("9223372036854775807", r#"200 {"code":404,"description":"Not found"}"#),
    ("9223372036854775808", "'idInstance' must be an integer"),
    ("111111111111111111111111111111", "'idInstance' must be an integer"),
    ("1105600123.5", "'idInstance' must be an integer"),
    ("\"111111111111111111111111111111\"", "'idInstance' must be a number"),
    ("\"abc\"", "'idInstance' must be a number"),
    ("\"\"", "'idInstance' must be a number"),
    ("null", "'idInstance' is required"),
    ("4242424242.0", r#"200 {"code":404,"description":"Not found"}"#),
    ("[1105600123]", "'idInstance' must be a number"),
    ("{}", "'idInstance' must be a number"),
];

#[tokio::test]
async fn a_wrong_id_is_refused_alike_by_every_method_and_not_repeated_unless_it_is_one() {
    let attacked = Attacked::start().await;
    let own = attacked.shop.number.to_string();
    let (other, deleted) = (attacked.other.number, attacked.deleted.number);
    let mut ids: Vec<(String, String)> =
        NO_IDS.iter().map(|id| ((*id).to_owned(), "<ID>".to_owned())).collect();
    ids.extend(
        [format!("{own}x"), format!("x{own}"), format!("0{own}"), format!("{own}%20")]
            .map(|id| (id, "<ID>".to_owned())),
    );
    ids.extend([4_242_424_242, 1, 999_999_999_999, other, deleted].map(|id| {
        let id = id.to_string();
        (id.clone(), id)
    }));
    for method in METHODS.iter().filter(|method| method.group != Group::Partner) {
        for (id, shown) in &ids {
            let path = method.path(id, &attacked.shop.token);
            let request = method.request(&path).body(method.body(&attacked.shop, 0));
            let reply = attacked.refuses(&request).await;
            assert_told(&reply, &method.forbidden(shown), &path);
        }
        let gone = method.own_path(&attacked, &attacked.deleted);
        let reply = attacked.refuses(&method.request(&gone).body("{")).await;
        let told = method.error(&deleted.to_string(), 400, "Instance is deleted");
        assert_told(&reply, &told, &gone);
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_wrong_id_in_a_body_is_refused_without_a_word_on_whose_it_is() {
    let attacked = Attacked::start().await;
    let method = METHODS.iter().find(|method| method.name == "deleteInstanceAccount");
    let method = method.copied().expect("it is served");
    let path = method.own_path(&attacked, &attacked.shop);
    let deleted = json!(attacked.deleted.number).to_string();
    let rows = IDS_IN_BODY.iter().copied();
    for (id, told) in rows.chain([(&*deleted, r#"200 {"code":404,"description":"Not found"}"#)]) {
        let body = format!("{{\"idInstance\":{id}}}");
        let reply = attacked.refuses(&method.request(&path).body(body)).await;
        let told = match told.strip_prefix("'idInstance'") {
            Some(_) => method.error("", 400, &format!("Validation failed. Details: {told}")),
            None => told.to_owned(),
        };
        assert_told(&reply, &told, id);
    }
    attacked.survives().await;
}

/// Tokens that nobody has; those that are made from a right one are in [`made_from`].
const NO_TOKENS: [&str; 9] = [
    "0123456789abcdef0123456789abcdef0123456789abcdef01",
    "gac.0123456789abcdef0123456789abcdef0123456789abcdef01",
    "wg_0123456789abcdef0123456789abcdef0123456789abcdef01a5b9c3d7",
    "%ff%fe",
    "%00",
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%",
    "'%20or%20'1'='1",
];

/// What a careless reader could take for the right token.
fn made_from(token: &str) -> Vec<String> {
    let encoded: Vec<String> = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let (start, rest) = token.split_at(1);
    let one_encoded = format!("%{:02x}{rest}", start.as_bytes()[0]);
    vec![
        encoded.concat(),
        one_encoded,
        token.to_ascii_uppercase(),
        format!("{token}0"),
        format!("{token}%00"),
        format!("{token}%20"),
        format!("{token};x"),
        format!("{token}."),
        rest.to_owned(),
        token.repeat(500),
    ]
}

#[tokio::test]
async fn a_wrong_token_opens_nothing_whatever_it_is_made_of() {
    let attacked = Attacked::start().await;
    let number = attacked.shop.number.to_string();
    for method in METHODS {
        let (right, of_another_kind) = match method.group {
            Group::Account | Group::Page => (&attacked.shop.token, &attacked.partner),
            Group::Partner => (&attacked.partner, &attacked.shop.token),
        };
        let mut tokens: Vec<String> = NO_TOKENS.map(str::to_owned).to_vec();
        tokens.extend(made_from(right));
        tokens.push(of_another_kind.clone());
        if method.group != Group::Page {
            // Without a token the page is no path.
            tokens.push(String::new());
        }
        for token in tokens {
            let path = method.path(&number, &token);
            // A stranger does not learn what else is wrong.
            for request in [
                method.request(&path).body(method.body(&attacked.shop, 0)),
                Request::new("PATCH", &path).body("{"),
                Request::new("POST", &path).header("Content-Length", "1000000000000"),
            ] {
                let reply = attacked.refuses(&request).await;
                assert_told(&reply, method.unauthorized(), &path);
            }
        }
        if method.group != Group::Partner {
            let path = method.path(&number, &attacked.other.token);
            let reply = attacked.refuses(&method.request(&path)).await;
            assert_told(&reply, &method.forbidden(&number), &path);
        }
    }
    attacked.survives().await;
}

/// Addresses that nearly are a method's, with `{name}` and `{token}` for what is right, and the path
/// that the error shows for those of an instance and of a partner.
const WRONG_NAMES: [(&str, &str); 12] = [
    ("{name}x/{token}", "<METHOD>/<TOKEN>"),
    ("x{name}/{token}", "<METHOD>/<TOKEN>"),
    ("{name}%00/{token}", "<METHOD>/<TOKEN>"),
    ("{name}%20/{token}", "<METHOD>/<TOKEN>"),
    ("{name}.json/{token}", "<METHOD>/<TOKEN>"),
    ("{name};x=1/{token}", "<METHOD>/<TOKEN>"),
    ("{name}%2f{token}/x", "<METHOD>/<TOKEN>"),
    ("sendPigeon/{token}", "<METHOD>/<TOKEN>"),
    ("../{token}", "<METHOD>/<TOKEN>"),
    ("{token}/{name}", "<METHOD>/<TOKEN>"),
    ("{name}/{token}/17", ""),
    ("{name}/{token}/../{token}", ""),
];

#[tokio::test]
async fn a_wrong_name_is_a_wrong_address() {
    let attacked = Attacked::start().await;
    let number = attacked.shop.number;
    for method in METHODS.iter().filter(|method| method.group != Group::Page) {
        let is_partner = method.group == Group::Partner;
        let (start, token, stranger) = if is_partner {
            ("/partner".to_owned(), &attacked.partner, "qr")
        } else {
            (format!("/waInstance{number}"), &attacked.shop.token, "getInstances")
        };
        let of_the_other_group = (format!("{stranger}/{{token}}"), "<METHOD>/<TOKEN>");
        let rows = WRONG_NAMES.map(|(rest, shown)| (rest.to_owned(), shown));
        for (rest, shown) in rows.into_iter().chain([of_the_other_group]) {
            let rest = rest.replace("{name}", method.name).replace("{token}", token);
            let path = format!("{start}/{rest}");
            let shown = if shown.is_empty() { "/".into() } else { format!("{start}/{shown}") };
            for verb in ["GET", "POST", "PIGEON"] {
                let reply = attacked.refuses(&Request::new(verb, &path).body("{")).await;
                assert_told(&reply, &envelope(&shown, 403, "Forbidden"), &path);
            }
        }
    }
    for (path, told) in ELSEWHERE {
        let path = path.replace("{id}", &number.to_string());
        let path = path.replace("{token}", &attacked.shop.token);
        let reply = attacked.refuses(&Request::new("POST", &path).body("{")).await;
        let shown = format!("/waInstance{number}/<METHOD>/<TOKEN>");
        match told {
            NOBODYS => assert_eq!(reply.told(), NOBODYS, "{path}"),
            _ => assert_told(&reply, &envelope(&shown, 403, told), &path),
        }
    }
    attacked.survives().await;
}

/// What is told to paths that belong to no API.
const NOBODYS: &str = r#"404 {"message":"Not Found"}"#;

/// Paths that the vendor has, or that only look like its own.
const ELSEWHERE: [(&str, &str); 7] = [
    ("/waInstance{id}/sendPoll/{token}", "Forbidden: sendPoll is not served yet"),
    ("/waInstance{id}/SENDPOLL/nobody", "Forbidden: sendPoll is not served yet"),
    ("/WAINSTANCE{id}/qr/{token}", NOBODYS),
    ("/Partner/getInstances/{token}", NOBODYS),
    ("/%77aInstance{id}/qr/{token}", NOBODYS),
    ("/v2/waInstance{id}/qr/{token}", NOBODYS),
    ("/./waInstance{id}/qr/{token}", NOBODYS),
];

const VERBS: [&str; 11] = [
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PIGEON", "get",
];

#[tokio::test]
async fn a_wrong_verb_is_not_found_and_two_are_answered_for_browsers_and_crawlers() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        for verb in VERBS.into_iter().filter(|verb| *verb != method.verb) {
            let who = method.caller(&attacked).await;
            let path = method.own_path(&attacked, &who);
            let reply = attacked.ask(&Request::new(verb, &path)).await;
            let told = told_to(verb, &method, &who);
            let case = format!("{verb} {path}");
            if matches!(verb, "HEAD" | "OPTIONS") {
                assert_eq!(reply.told(), told, "{case}");
            } else {
                assert_told(&reply, &told, &case);
            }
        }
    }
    attacked.survives().await;
}

/// What a verb that is not the method's own gets.
fn told_to(verb: &str, method: &Method, who: &Credentials) -> String {
    match verb {
        "OPTIONS" => "200 ".to_owned(),
        // Looking whether a link is good sends nobody anywhere.
        "HEAD" if method.group == Group::Page => "200 ".to_owned(),
        // Nor does it change anything.
        "HEAD" if matches!(method.name, "logout" | "reboot" | "updateApiToken") => {
            "404 ".to_owned()
        }
        "HEAD" if method.verb == "GET" => method.told.split_inclusive(' ').take(1).collect(),
        "HEAD" => "404 ".to_owned(),
        _ => method.error(&who.number.to_string(), 404, "Not Found"),
    }
}
