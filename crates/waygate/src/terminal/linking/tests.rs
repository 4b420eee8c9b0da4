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

/// The two screens of a terminal, and which of them is shown.
#[derive(Debug, Default)]
struct Screens {
    normal: Page,
    alternate: Page,
    is_alternate: bool,
}

/// Lines, and the one in which the cursor is.
#[derive(Debug, Default)]
struct Page {
    lines: Vec<String>,
    row: usize,
}

impl Page {
    fn line(&mut self) -> &mut String {
        let lines = self.lines.len().max(self.row + 1);
        self.lines.resize(lines, String::new());
        &mut self.lines[self.row]
    }
}

impl Screens {
    fn shown(&mut self) -> &mut Page {
        if self.is_alternate { &mut self.alternate } else { &mut self.normal }
    }

    /// Another screen, another line, clear what follows, colours: all that our screen uses.
    fn obey(&mut self, numbers: &str, letter: char) {
        match letter {
            'h' | 'l' => {
                assert_eq!(numbers, "[?1049");
                (self.is_alternate, self.alternate) = (letter == 'h', Page::default());
            }
            'H' => {
                let row: usize = numbers.trim_start_matches('[').parse().unwrap_or(1);
                self.shown().row = row - 1;
            }
            'J' => {
                let page = self.shown();
                page.lines.truncate(page.row);
            }
            'm' => {}
            other => panic!("an unknown sequence: {other}"),
        }
    }
}

impl Sent {
    /// What a terminal shows that was sent this.
    fn screens(&self) -> Screens {
        let sent = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let mut screens = Screens::default();
        let mut rest = sent.chars();
        while let Some(character) = rest.next() {
            match character {
                '\n' => screens.shown().row += 1,
                '\u{1b}' => {
                    let is_letter = |c: &char| c.is_ascii_alphabetic();
                    let numbers: String =
                        rest.as_str().chars().take_while(|c| !is_letter(c)).collect();
                    screens.obey(&numbers, rest.by_ref().find(is_letter).unwrap());
                }
                other => screens.shown().line().push(other),
            }
            let codes = screens.normal.lines.iter().any(|line| line.contains('\u{2588}'));
            assert!(!codes, "a code where it can be scrolled back to");
        }
        screens
    }

    fn in_sight(&self) -> Vec<String> {
        std::mem::take(&mut self.screens().shown().lines)
    }

    /// Columns and rows that the drawing takes.
    fn drawing(&self) -> (usize, usize) {
        let lines = self.in_sight();
        let drawn = lines.iter().filter(|line| line.contains('\u{2588}'));
        (drawn.clone().map(|line| line.chars().count()).max().unwrap_or(0), drawn.count())
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
    screen_of(|| Some((80, 50)))
}

fn screen_of(measure: fn() -> Option<Size>) -> (Sent, LinkingScreen) {
    let sent = Sent::default();
    let screen = Screen::terminal(sent.clone(), measure);
    (sent, LinkingScreen::on(screen, "look out of another one".to_owned()))
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
    assert!(sent.in_sight()[0].starts_with("scan with WhatsApp"), "told above");
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

/// As long as those that WhatsApp's protocol makes.
fn linking_text() -> QrText {
    QrText::new(format!("https://wa.me/settings/linked_devices#2@{},1", "aB3/".repeat(56)))
}

#[tokio::test(start_paused = true)]
async fn a_code_takes_no_more_room_than_the_window_has() {
    let sizes: [fn() -> Option<Size>; 6] = [
        || None,
        || Some((100, 50)),
        || Some((65, 34)),
        || Some((65, 33)),
        || Some((61, 32)),
        || Some((57, 30)),
    ];
    let drawn = sizes.map(|measure| {
        let (sent, mut screen) = screen_of(measure);
        screen.show(Code::Scanned { text: linking_text(), round: 1 }, in_seconds(20)).unwrap();
        assert!(sent.shows("code 1, 20 s left"), "{measure:?}");
        sent.drawing()
    });
    assert_eq!(drawn, [(65, 33), (65, 33), (65, 33), (61, 31), (61, 31), (57, 29)]);
}
