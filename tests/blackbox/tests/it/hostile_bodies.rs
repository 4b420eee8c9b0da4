//! Bodies that strangers send to every method of GREEN-API: no JSON, wrong fields, too much of it, and
//! lengths that are not true.

use crate::attacked_server::{Attacked, assert_harmless};
use crate::green_methods::{Group, METHODS, Method, Reads, assert_told};
use crate::raw_client::{DEADLINE, RawClient, Request};

/// What a reader of JSON says to what is none.
fn no_json() -> Vec<(Vec<u8>, &'static str)> {
    let row = |body: &[u8], message| (body.to_vec(), message);
    vec![
        row(b"{\"name\":", "Unexpected end of JSON input"),
        row(b"{\"name\":\"sh", "Unexpected end of JSON input"),
        row(b"[{\"name\":\"shop\"}]", "Unexpected token [ in JSON at position 0"),
        row(b"\"text\"", "Unexpected token \" in JSON at position 0"),
        row(b"true", "Unexpected token t in JSON at position 0"),
        row(b"\xef\xbb\xbf[]", "Unexpected token [ in JSON at position 1"),
        row(b"\xef\xbb\xbf{x", "Unexpected token x in JSON at position 2"),
        row(b"{\"count\":NaN}", "Unexpected token N in JSON at position 9"),
        row(b"{\"count\":Infinity}", "Unexpected token I in JSON at position 9"),
        row(b"{\"count\":1} {}", "Unexpected token { in JSON at position 12"),
        row(b"count=1&name=shop", "Unexpected token c in JSON at position 0"),
        row(b"\0\0\0\0", "Unexpected token \u{fffd} in JSON at position 0"),
        row(b"{\"name\":\"\x07\"}", "Unexpected token \u{fffd} in JSON at position 9"),
        row(b"{\"count\":1,\"count\":1}", "bad request data"),
        row(b"{\"name\":\"\xff\xfe\"}", "bad request data"),
        row(b"{\"name\":\"\xed\xa0\x80\"}", "bad request data"),
        row("[".repeat(10_000).as_bytes(), "bad request data"),
        row("{\"a\":".repeat(10_000).as_bytes(), "bad request data"),
    ]
}

/// JSON that a method can read, and what it says of a field that it cannot use: nothing where the call is
/// good all the same.
const WRONG_FIELDS: [(Reads, &str, &str); 47] = [
    (Reads::Settings, "", "'value' must have at least 1 key"),
    (Reads::Settings, "\u{feff}", "'value' must have at least 1 key"),
    (Reads::Settings, "null", "'value' must have at least 1 key"),
    (Reads::Settings, "\u{feff}null", "'value' must have at least 1 key"),
    (Reads::Settings, r#"{"webhookUrl":5}"#, "'webhookUrl' must be a string"),
    (Reads::Settings, r#"{"webhookUrl":"\u0000"}"#, "'webhookUrl' contains an invalid value"),
    (
        Reads::Settings,
        r#"{"webhookUrl":"javascript:x"}"#,
        "'webhookUrl' must be a valid uri with a scheme matching the http|https pattern",
    ),
    (Reads::Settings, r#"{"linkPreview":"maybe"}"#, "'linkPreview' must be one of [yes, no]"),
    (Reads::Settings, r#"{"linkPreview":{}}"#, "'linkPreview' must be one of [yes, no]"),
    (Reads::Settings, r#"{"autoTyping":"much"}"#, "'autoTyping' must be a number"),
    (Reads::Settings, r#"{"autoTyping":[1]}"#, "'autoTyping' must be a number"),
    (Reads::Settings, r#"{"autoTyping":1.5}"#, "'autoTyping' must be an integer"),
    (Reads::Settings, r#"{"autoTyping":-1}"#, "'autoTyping' must be greater than or equal to 0"),
    (Reads::Settings, r#"{"__proto__":{"x":1}}"#, "'__proto__' is not allowed"),
    (Reads::Settings, r#"{"linkPreview":"yes","x":1}"#, "'x' is not allowed"),
    (Reads::Settings, "\u{feff}{\"linkPreview\":\"yes\"}", ""),
    (Reads::Phone, "", "'phoneNumber' is required"),
    (Reads::Phone, "\u{feff}", "'phoneNumber' is required"),
    (Reads::Phone, "null", "'phoneNumber' is required"),
    (Reads::Phone, r#"{"phoneNumber":null}"#, "'phoneNumber' is required"),
    (Reads::Phone, r#"{"phoneNumber":""}"#, "'phoneNumber' is not allowed to be empty"),
    (Reads::Phone, r#"{"phoneNumber":true}"#, "'phoneNumber' must be a number"),
    (Reads::Phone, r#"{"phoneNumber":[15550001111]}"#, "'phoneNumber' must be a number"),
    (Reads::Phone, r#"{"phoneNumber":-15550001111}"#, "'phoneNumber': invalid phone number"),
    (Reads::Phone, r#"{"phoneNumber":1e300}"#, "'phoneNumber': invalid phone number"),
    (Reads::Phone, r#"{"phoneNumber":"1555\u0000"}"#, "'phoneNumber': invalid phone number"),
    (Reads::Count, "", ""),
    (Reads::Count, "\u{feff}", ""),
    (Reads::Count, "null", ""),
    (Reads::Count, "1", ""),
    (Reads::Count, r#"{"count":9223372036854775807}"#, ""),
    (Reads::Count, r#"{"count":"many"}"#, "'count' must be a number"),
    (Reads::Count, r#"{"count":{}}"#, "'count' must be a number"),
    (Reads::Count, r#"{"count":1.5}"#, "'count' must be an integer"),
    (Reads::Count, r#"{"count":111111111111111111111111111111}"#, "'count' must be an integer"),
    (Reads::NewInstance, "", ""),
    (Reads::NewInstance, "\u{feff}", ""),
    (Reads::NewInstance, "null", ""),
    (Reads::NewInstance, r#"{"name":5}"#, "'name' must be a string"),
    (Reads::NewInstance, r#"{"name":["shop"]}"#, "'name' must be a string"),
    (Reads::NewInstance, r#"{"typeInstance":5}"#, "'typeInstance' must be [whatsapp]"),
    (Reads::NewInstance, r#"{"idInstance":1}"#, "'idInstance' is not allowed"),
    (Reads::Instance, "", "'idInstance' is required"),
    (Reads::Instance, "\u{feff}", "'idInstance' is required"),
    (Reads::Instance, "null", "'idInstance' is required"),
    (Reads::Instance, r#"{"idinstance":1105600123}"#, "'idInstance' is required"),
    (Reads::Picture, "{}", "'file' is required"),
];

/// What a good call is told, or an error, as a pattern.
fn told(method: &Method, id: &str, details: &str) -> String {
    if details.is_empty() {
        return method.told.to_owned();
    }
    method.error(id, 400, &format!("Validation failed. Details: {details}"))
}

#[tokio::test]
async fn a_body_that_is_no_json_is_told_so_by_every_method_that_reads_one() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        for (body, message) in no_json() {
            let who = method.caller(&attacked).await;
            let path = method.own_path(&attacked, &who);
            let id = who.number.to_string();
            let told = match method.reads {
                Reads::Nothing => method.told.to_owned(),
                // The form's own way to say it: there is no end to it.
                Reads::Picture => method.error(&id, 400, "bad request data"),
                Reads::Count
                | Reads::Settings
                | Reads::Phone
                | Reads::NewInstance
                | Reads::Instance => method.error(&id, 400, message),
            };
            let reply = attacked.ask(&method.request(&path).body(&*body)).await;
            let case = format!("{path} {:?}", String::from_utf8_lossy(&body[..body.len().min(40)]));
            assert_told(&reply, &told, &case);
        }
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_field_that_cannot_be_used_is_named_in_the_words_of_the_contract() {
    let attacked = Attacked::start().await;
    for (reads, body, details) in WRONG_FIELDS {
        for method in METHODS.into_iter().filter(|method| method.reads == reads) {
            let who = method.caller(&attacked).await;
            let path = method.own_path(&attacked, &who);
            let mut request = method.request(&path);
            if reads == Reads::Picture {
                request =
                    Request::new(method.verb, &path).header("Content-Type", "application/json");
            }
            let reply = attacked.ask(&request.body(body)).await;
            let told = told(&method, &who.number.to_string(), details);
            assert_told(&reply, &told, &format!("{path} {body}"));
        }
    }
    for count in ["0", "-1", "-9223372036854775808"] {
        let path = format!(
            "/waInstance{}/getStateInstanceHistory/{}",
            attacked.shop.number, attacked.shop.token
        );
        let method = METHODS.into_iter().find(|method| method.reads == Reads::Count);
        let method = method.expect("it is served");
        let id = attacked.shop.number.to_string();
        let told = method.error(&id, 400, "Count must be greater than or equal to 1");
        let body = format!("{{\"count\":{count}}}");
        assert_told(&attacked.ask(&method.request(&path).body(body)).await, &told, count);
        let query = method.request(&format!("{path}?count={count}"));
        assert_told(&attacked.ask(&query).await, &told, count);
    }
    attacked.survives().await;
}

/// A way in which a body says where it ends.
type Framing = fn(Request, Vec<u8>) -> Request;

const FRAMINGS: [(&str, Framing); 2] = [
    ("with a length", |request, body| request.body(body)),
    ("in chunks", |request, body| request.chunked(&body)),
];

#[tokio::test]
async fn a_body_may_have_exactly_the_limit_and_not_a_byte_more() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        let limit = method.body_bytes_max();
        for (framing, framed) in FRAMINGS {
            let who = method.caller(&attacked).await;
            let (path, id) = (method.own_path(&attacked, &who), who.number.to_string());
            let of_length = |length| framed(method.request(&path), method.body(&who, length));
            let case = format!("{path}, {framing}");
            let too_much = method.error(&id, 413, "request entity too large");
            assert_told(&attacked.ask(&of_length(limit + 1)).await, &too_much, &case);
            assert_told(&attacked.ask(&of_length(limit)).await, method.told, &case);
        }
        let path = method.own_path(&attacked, &attacked.shop);
        let id = attacked.shop.number.to_string();
        let told = method.error(&id, 413, "request entity too large");
        for announced in [limit + 1, 1 << 40] {
            let request = method.request(&path).header("Content-Length", &announced.to_string());
            let reply = attacked.refuses(&request).await;
            assert_told(&reply, &told, &format!("{path}, none of {announced} sent"));
        }
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on_only_when_that_has_a_point() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        let who = method.caller(&attacked).await;
        let (path, id) = (method.own_path(&attacked, &who), who.number.to_string());
        let mut body = method.body(&who, 0);
        if body.is_empty() {
            body = b"{}".to_vec();
        }
        let asking = |path: &str, length: usize| {
            let request = method.request(path).header("Expect", "100-continue");
            request.header("Content-Length", &length.to_string())
        };
        let mut client = RawClient::connect(&attacked.address).await;
        client.send(&asking(&path, body.len()).head()).await;
        let interim = client.reply(method.verb).await.expect("leave to go on");
        assert_eq!(interim.told(), "100 ", "{path}");
        client.send(&body).await;
        let reply = client.reply(method.verb).await.expect("an answer");
        assert_harmless(&reply, &asking(&path, body.len()));
        assert_told(&reply, method.told, &path);

        let too_much = asking(&path, method.body_bytes_max() + 1);
        if method.name != "updateApiToken" {
            let told = method.error(&id, 413, "request entity too large");
            assert_told(&attacked.refuses(&too_much).await, &told, &path);
        }
        let stranger = asking(&method.path(&id, "nobody"), body.len());
        assert_told(&attacked.refuses(&stranger).await, method.unauthorized(), &path);
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_body_that_is_shorter_or_longer_than_announced_is_not_taken_for_a_whole_one() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        let path = method.own_path(&attacked, &attacked.shop);
        let id = attacked.shop.number.to_string();
        let body = method.body(&attacked.shop, 0);
        let more = (body.len() + 1).to_string();
        let request = method.request(&path).header("Content-Length", &more);
        let mut client = RawClient::connect(&attacked.address).await;
        client.send(&[request.head(), body].concat()).await;
        client.finish().await;
        let reply = client.reply(method.verb).await.expect("an answer");
        assert_told(&reply, &method.error(&id, 400, "bad request data"), &path);
        assert_eq!(client.reply(method.verb).await, None, "{path}");

        if method.group == Group::Account && method.reads == Reads::Nothing {
            // What is too much is no request, and is not answered like one.
            let smuggled = method.request(&path).body("").bytes();
            let request = method.request(&path).header("Content-Length", "2").head();
            let mut client = RawClient::connect(&attacked.address).await;
            client.send(&[&request[..], b"{}}", &smuggled].concat()).await;
            let (replies, rest) = client.until_closed(DEADLINE).await;
            let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
            assert_eq!((statuses[1..].to_vec(), rest), (vec![400], vec![]), "{path}");
        }
    }
    attacked.survives().await;
}
