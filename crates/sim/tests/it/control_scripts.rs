//! What the control API says of phones that act by themselves, and of what the oracle has noted.

use serde_json::json as value;

use crate::{
    companion::Companion,
    http::{call, json, serve},
    linking::NUMBER,
};

#[tokio::test]
async fn a_behaviour_is_given_and_shown_over_http() {
    let served = serve().await;
    served.sim.add_phone(NUMBER).unwrap();
    let at = served.control.as_str();
    let path = format!("/phones/{NUMBER}/behaviour");
    let wait = value!({ "min_ms": 500, "max_ms": 3_000 });
    let behaviour = value!({
        "reads": { "percent": 90, "after": wait },
        "answers": { "percent": 50, "after": wait, "typing": wait },
        "writes": { "to": ["15550002222"], "every": wait },
    });
    let (status, _) = call(at, &format!("POST {path}"), Some(&behaviour.to_string())).await;
    assert_eq!(status, 204);
    assert_eq!(json(at, &format!("GET {path}"), None).await, (200, behaviour));
    let rows = [
        (value!({ "reads": { "percent": 101, "after": wait } }), "bad_behaviour"),
        (value!({ "scans": { "min_ms": 2, "max_ms": 1 } }), "bad_behaviour"),
        (value!({ "dances": wait }), "bad_json"),
    ];
    for (wrong, code) in rows {
        let (status, problem) = json(at, &format!("POST {path}"), Some(&wrong.to_string())).await;
        assert_eq!((status, &problem["code"]), (400, &value!(code)), "{wrong}");
    }
    let (status, _) = call(at, &format!("POST {path}"), Some("{}")).await;
    assert_eq!(status, 204);
    assert_eq!(json(at, &format!("GET {path}"), None).await, (200, value!({})));
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn the_oracle_is_asked_over_http() {
    let served = serve().await;
    let phone = served.sim.add_phone(NUMBER).unwrap();
    let at = served.control.as_str();
    let path = format!("GET /oracle/{NUMBER}/1");
    let (status, problem) = json(at, &path, None).await;
    assert_eq!((status, &problem["code"]), (404, &value!("no_such_device")));
    assert_eq!(json(at, &format!("GET /oracle/{NUMBER}/x"), None).await.0, 404);
    let mut device = Companion::new(1);
    device.link(&served.sim, &phone).await;
    device.log_in(&served.sim).await.hang_up();
    let (status, record) = json(at, &path, None).await;
    assert_eq!((status, &record["streams"][0]["connection"]), (200, &value!(2)));
    assert_eq!(json(at, "GET /oracle", None).await, (200, value!({ "violations": [] })));
    device.register(&served.sim).await.0.hang_up();
    let expected = value!({
        "violation": "credentials_deleted",
        "device": "15550001111:1",
        "stanza": "",
        "detail": "asked to be linked and is linked",
    });
    assert_eq!(json(at, "GET /oracle", None).await.1["violations"], value!([expected]));
    served.stop_with_breaches(1).await;
}
