use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::*;

/// What a terminal was sent.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<u8>>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sent {
    /// The lines in sight, for a terminal that knows what our screen uses: going up, clearing the
    /// line, clearing what follows, colours.
    fn in_sight(&self) -> Vec<String> {
        let sent = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let (mut lines, mut row) = (vec![String::new()], 0);
        let mut rest = sent.chars();
        while let Some(character) = rest.next() {
            match character {
                '\n' => row += 1,
                '\r' => {}
                '\u{1b}' => {
                    let is_letter = |c: &char| c.is_ascii_alphabetic();
                    let sequence: String =
                        rest.as_str().chars().take_while(|c| !is_letter(c)).collect();
                    let letter = rest.by_ref().find(is_letter).unwrap();
                    match letter {
                        'A' => row -= sequence.trim_start_matches('[').parse::<usize>().unwrap(),
                        'J' => lines.truncate(row),
                        'K' => lines[row].clear(),
                        'm' => {}
                        other => panic!("an unknown sequence: {other}"),
                    }
                }
                other => {
                    lines.resize(lines.len().max(row + 1), String::new());
                    lines[row].push(other);
                }
            }
            lines.resize(lines.len().max(row + 1), String::new());
        }
        lines
    }

    /// How many codes are drawn: each has two lines of nothing but light above and below.
    fn codes(&self) -> usize {
        let light = |line: &&String| !line.is_empty() && line.chars().all(|c| c == '\u{2588}');
        self.in_sight().iter().filter(light).count() / 4
    }

    fn shows(&self, words: &str) -> bool {
        self.in_sight().iter().any(|line| line.contains(words))
    }
}

fn screen() -> (Sent, LinkingScreen) {
    let sent = Sent::default();
    let screen = LinkingScreen::on(Screen::terminal(sent.clone()));
    (sent, screen)
}

fn scanned(round: u32) -> Code {
    Code::Scanned { text: QrText::new(format!("2@canary{round},a,b,c,1")), round }
}

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

async fn pass(screen: &mut LinkingScreen, seconds: u64) {
    for _ in 0..seconds {
        tokio::time::advance(Duration::from_secs(1)).await;
        screen.tick().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn each_code_takes_the_place_of_the_one_before_and_counts_down() {
    let (sent, mut screen) = screen();
    for round in 1..=3 {
        screen.show(scanned(round), in_seconds(20)).unwrap();
        assert_eq!(sent.codes(), 1);
        assert!(sent.shows(&format!("code {round}, 20 s left")));
        pass(&mut screen, 7).await;
        assert!(sent.shows(&format!("code {round}, 13 s left")));
        assert!(!sent.shows("20 s left"));
    }
    assert!(sent.in_sight()[0].starts_with("scan with WhatsApp"), "told once, above");
    assert!(!sent.in_sight()[1..].iter().any(|line| line.contains("scan with")));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_taken_off_when_it_expires_when_there_is_news_and_when_the_command_ends() {
    let (sent, mut screen) = screen();
    screen.show(scanned(1), in_seconds(20)).unwrap();
    pass(&mut screen, 20).await;
    assert_eq!((sent.codes(), sent.shows(EXPIRED)), (0, true));
    screen.show(scanned(2), in_seconds(20)).unwrap();
    assert_eq!((sent.codes(), sent.shows(EXPIRED)), (1, false));
    screen.say("a phone accepted the code").unwrap();
    assert_eq!((sent.codes(), sent.shows("a phone accepted")), (0, true));
    screen.show(scanned(3), in_seconds(20)).unwrap();
    assert_eq!(sent.codes(), 1);
    drop(screen);
    assert_eq!((sent.codes(), sent.shows("s left"), sent.shows("accepted")), (0, false, true));
}

#[tokio::test(start_paused = true)]
async fn a_code_to_type_is_shown_in_two_groups_below_the_steps() {
    let (sent, mut screen) = screen();
    screen.show(Code::Typed(PairingText::new("ABCD1234")), in_seconds(2)).unwrap();
    assert!(sent.shows("Link with phone number instead"));
    assert!(sent.shows("    ABCD-1234") && sent.shows("2 s left"));
    pass(&mut screen, 1).await;
    assert!(sent.shows("1 s left"));
    pass(&mut screen, 1).await;
    assert!(!sent.shows("ABCD") && sent.shows(EXPIRED));
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_told_again_is_not_drawn_again() {
    let (sent, mut screen) = screen();
    screen.show(scanned(1), in_seconds(20)).unwrap();
    let once = sent.0.lock().unwrap().len();
    screen.show(scanned(1), in_seconds(20)).unwrap();
    assert_eq!(sent.0.lock().unwrap().len(), once);
}
