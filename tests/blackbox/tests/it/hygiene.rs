//! No secret and no number reaches an output.

use crate::drawing;
use crate::process::{Build, argument, start};
use crate::simulator::{NUMBER, Simulator};

#[tokio::test]
async fn numbers_and_codes_stay_out_of_everything_that_is_printed() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    for format in ["text", "json"] {
        let directory = place.path().join(format);
        let mut settings = simulator.settings();
        settings.push(("WAYGATE_LOG__FORMAT", format.to_owned()));
        let arguments = ["quickstart", "--log-level", "debug", "--data-dir", argument(&directory)];
        let process = start(Build::Sandbox, &arguments, &settings);
        let code = drawing::last_code(&process.says("code 1, ").await);
        let (status, answer) = simulator.scan(&code).await;
        assert_eq!(status, 200, "{answer}");
        process.says("linked: state authorized").await;
        simulator.unlink().await;
        let said = process.says("not linked: the device was removed on the phone").await;
        let fresh = drawing::last_code(&process.says_after(said.len(), "code 1, ").await);
        assert_ne!(fresh, code);
        let (stdout, stderr) = process.printed();
        assert!(stderr.contains("state changed"), "there is a log: {stderr}");
        let secrets = code.split([',', '#']).filter(|field| field.len() > 8);
        for secret in secrets.chain([NUMBER]) {
            assert!(!stdout.contains(secret), "on standard output: {secret}");
            assert!(!stderr.contains(secret), "in the log: {secret}");
        }
    }
}
