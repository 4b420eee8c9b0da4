//! Every test of the simulator asks it in the end what was wrong, so that none takes for right what
//! was put on record.

use std::{fs, path::Path};

/// What asks: the report and what is made of it, and the helpers of these tests that do.
const ASKS: [&str; 9] = [
    ".report()",
    "assert_refused(",
    "assert_doubted(",
    "are_refused(",
    "is_found_every_time(",
    "found(seed",
    "said(&sim)",
    "served.stop",
    "play(seed)",
];

#[test]
fn every_test_asks_what_was_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let (mut tests, mut silent) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for test in source.split("#[tokio::test").skip(1) {
            // Helpers behind it would ask for the wrong one.
            let end = test.find("\n}\n").unwrap_or(test.len());
            let (body, _) = test.split_at(end);
            tests += 1;
            if !ASKS.iter().any(|words| body.contains(words)) {
                let name = body.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                silent.push(format!("{file}: {}", name.unwrap_or_default()));
            }
        }
    }
    assert!(tests > 100, "{tests} tests");
    assert!(silent.is_empty(), "end these with `sim.report().is_clean()` or the like: {silent:#?}");
}
