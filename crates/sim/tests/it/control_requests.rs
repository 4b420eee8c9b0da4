//! Who may steer the simulator, and in which form.

use serde_json::{Value, json as value};

use crate::{
    http::{Served, json, send, serve},
    linking::NUMBER,
};

async fn answer(served: &Served, request: &str, headers: &str, body: &str) -> (u16, String) {
    let (status, body) = send(&served.control, request, headers, body).await;
    let code = serde_json::from_slice(&body)
        .map(|problem: Value| problem["code"].as_str().unwrap_or_default().to_owned());
    (status, code.unwrap_or_default())
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_page_of_another_origin_can_do_nothing() {
    let served = serve().await;
    let new = value!({ "number": NUMBER }).to_string();
    let port = served.control.rsplit_once(':').unwrap().1.to_owned();
    let strangers = [
        "http://example.org".to_owned(),
        format!("http://example.org:{port}"),
        format!("https://{}", served.control),
        format!("http://{}", served.chat),
        format!("http://{}.example.org", served.control),
        "http://127.0.0.1".to_owned(),
        "null".to_owned(),
        String::new(),
    ];
    for origin in strangers {
        let headers = format!("{JSON}Origin: {origin}\r\n");
        let foreign = (403, "foreign_origin".to_owned());
        assert_eq!(answer(&served, "POST /phones", &headers, &new).await, foreign, "{origin}");
        assert_eq!(answer(&served, "GET /report", &headers, "").await, foreign, "{origin}");
        assert_eq!(answer(&served, "OPTIONS /phones", &headers, "").await, foreign, "{origin}");
        assert_eq!(answer(&served, "GET /nowhere", &headers, "").await, foreign, "{origin}");
    }
    assert_eq!(served.sim.phones().len(), 0);
    let both = format!("{JSON}Origin: http://{}\r\nOrigin: http://example.org\r\n", served.control);
    assert_eq!(answer(&served, "POST /phones", &both, &new).await.0, 403);
    for own in [format!("http://{}", served.control), format!("http://localhost:{port}")] {
        let headers = format!("{JSON}Origin: {own}\r\n");
        let (status, _) = answer(&served, "POST /phones", &headers, &new).await;
        assert!(matches!(status, 200 | 201), "{own}: {status}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_body_is_taken_as_json_only() {
    let served = serve().await;
    let new = value!({ "number": NUMBER }).to_string();
    let wrong = ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"];
    for kind in wrong {
        let headers =
            if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let refused = (415, "content_type".to_owned());
        assert_eq!(answer(&served, "POST /phones", &headers, &new).await, refused, "{kind}");
        let unlink = format!("POST /phones/{NUMBER}/unlink");
        assert_eq!(answer(&served, &unlink, &headers, "{}").await, refused, "{kind}");
    }
    assert_eq!(served.sim.phones().len(), 0);
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        let headers = format!("Content-Type: {kind}\r\n");
        let (status, _) = answer(&served, "POST /phones", &headers, &new).await;
        assert!(matches!(status, 200 | 201), "{kind}: {status}");
    }
    let unlink = format!("POST /phones/{NUMBER}/unlink");
    assert_eq!(answer(&served, &unlink, "", "").await.0, 200, "no body has no type");
    served.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_path_is_said_in_a_code_and_a_sentence() {
    let served = serve().await;
    served.sim.add_phone(NUMBER).unwrap();
    let rows = [
        ("GET /phones/%ff", "", 400, "bad_path"),
        ("POST /phones/%ff/scan", r#"{"qr":"x"}"#, 400, "bad_path"),
        ("POST /phones/%ff/unlink", "", 400, "bad_path"),
    ];
    for (request, body, expected, code) in rows {
        let body = Some(body).filter(|body| !body.is_empty());
        let (status, problem) = json(&served.control, request, body).await;
        assert_eq!((status, &problem["code"]), (expected, &value!(code)), "{request} {body:?}");
        assert!(problem["message"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    served.stop().await;
}
