//! Commands on a data directory whose server hangs: alive, and silent.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::operator::{Operator, Way};
use crate::process::send_signal;

/// Well above the time for which a command waits, on a busy machine, and well below two minutes.
const SOON: Duration = Duration::from_secs(40);

#[tokio::test]
async fn a_command_gives_a_silent_server_up_and_tells_a_person_what_it_waits_for() {
    let mut operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    let server = operator.server.as_ref().map(|server| server.id().to_string()).unwrap_or_default();
    send_signal("-STOP", &server).await;
    let commands = [
        &["instance", "list"][..],
        &["instance", "create"],
        &["instance", "show", &number],
        &["instance", "link", &number],
        &["instance", "restart", &number],
        &["instance", "delete", &number, "--yes"],
        &["token", "create", "--kind", "native"],
        &["token", "list"],
    ];
    #[expect(clippy::disallowed_methods, reason = "the time of the world outside")]
    let begun = Instant::now();
    let on_terminal = operator.starts_on_terminal(&["instance", "list"]);
    for (command, ended) in
        commands.iter().zip(join_all(commands.map(|it| operator.tries(it))).await)
    {
        assert_eq!(ended.code, Some(3), "{command:?}: {ended:?}");
        assert!(ended.stderr.contains("does not answer"), "{command:?}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{command:?}: {ended:?}");
    }
    let ended = on_terminal.ends().await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("waiting for the server on"), "{ended:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());

    send_signal("-CONT", &server).await;
    operator.runs(&["instance", "show", &number]).await;
    assert_eq!(operator.server().terminate().await.code, Some(0));
}
