//! Who is there, and who is told of it.

use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{Phone, RefusalKind};

use crate::{
    correspondent::Correspondent,
    deviations::assert_refused,
    linking::NUMBER,
    messages::{OTHER, two_companions, two_phones},
    stream::{error_code, text},
};

fn presence(kind: &str) -> NodeBuilder {
    NodeBuilder::new("presence").attr("type", kind)
}

async fn watch(watcher: &mut Correspondent, jid: &str) {
    watcher.stream.send(&presence("subscribe").attr("to", jid).build()).await;
}

/// What a client has been told meanwhile: of whom, whether it is there, and when it last was.
async fn told(watcher: &mut Correspondent) -> Vec<[String; 3]> {
    let short = |node: &Node| ["from", "type", "last"].map(|name| text(node, name));
    let told = watcher.settle().await;
    told.iter().filter(|node| node.tag == "presence").map(short).collect()
}

fn row(jid: &str, kind: &str, last: &str) -> [String; 3] {
    [jid, kind, last].map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_an_account_is_told_when_it_comes_and_goes() {
    let (sim, [_, other], mut ada, mut ben) = two_companions().await;
    let jid = format!("{OTHER}@s.whatsapp.net");
    watch(&mut ada, &jid).await;
    assert_eq!(told(&mut ada).await, [row(&jid, "unavailable", "deny")], "never seen");

    ben.stream.send(&presence("available").attr("name", "Ben").build()).await;
    ben.settle().await;
    assert_eq!(told(&mut ada).await, [row(&jid, "", "")]);
    other.set_available(true);
    ben.stream.send(&presence("unavailable").build()).await;
    ben.settle().await;
    assert!(told(&mut ada).await.is_empty(), "the phone is still there");

    other.set_available(false);
    let [[_, kind, last]] = &told(&mut ada).await[..] else { panic!("told once") };
    assert_eq!(kind, "unavailable");
    assert!(last.parse::<u64>().is_ok(), "{last}");
    assert!(told(&mut ben).await.is_empty(), "nobody watches himself");

    ben.stream.send(&presence("available").build()).await;
    ben.settle().await;
    ben.stream.hang_up();
    let seen = loop {
        let node = ada.stream.next_of("presence").await;
        if text(&node, "type") == "unavailable" {
            break node;
        }
    };
    assert_eq!(text(&seen, "from"), jid, "it has hung up");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_its_connection() {
    let (sim, _, other, mut ada) = two_phones().await;
    watch(&mut ada, &format!("{OTHER}@s.whatsapp.net")).await;
    assert_eq!(told(&mut ada).await.len(), 1);
    ada.come_back(&sim).await;
    other.set_available(true);
    assert!(told(&mut ada).await.is_empty());
    assert_eq!(sim.report().violations(), []);
}

#[tokio::test(start_paused = true)]
async fn an_account_may_keep_to_itself_when_it_was_there() {
    let (sim, [phone, other], mut ada, mut ben): (_, [Phone; 2], _, _) = two_companions().await;
    other.set_available(true);
    other.set_available(false);
    let category = NodeBuilder::new("category").attr("name", "last").attr("value", "none").build();
    let privacy = NodeBuilder::new("privacy").children([category]).build();
    let answer = ben.stream.request("set", "privacy", Some(privacy)).await;
    assert_eq!(error_code(&answer), 0);
    let lid = format!("{}@lid", other.lid());
    watch(&mut ada, &lid).await;
    assert_eq!(told(&mut ada).await, [row(&lid, "unavailable", "deny")], "as it was asked for");
    assert!(phone.inbox().is_empty());
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn nobody_is_there_to_be_watched_or_nobody_is_named() {
    let (sim, _, _, mut ada) = two_phones().await;
    watch(&mut ada, "15559999999@s.whatsapp.net").await;
    assert!(told(&mut ada).await.is_empty());
    sim.report().is_clean().unwrap();
    ada.stream.send(&presence("subscribe").build()).await;
    ada.settle().await;
    assert_refused(&sim.report(), RefusalKind::Request, NUMBER);
}
