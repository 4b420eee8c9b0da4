//! Phones that act by themselves, as their behaviour has it (docs/internals/sim.md, "Scripted
//! phones").
//!
//! One task per such phone keeps an agenda of what is due when. It hears of new messages from the
//! world, does with the phone what a hand could do, and ends when another behaviour takes its place
//! or nobody holds the simulator any more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    Behaviour, BehaviourError, ChatState, Phone, Wait,
    dice::Dice,
    letter::Letter,
    tasks::spawn,
    world::{Shared, World},
};

/// The messages that a phone still has to look at; of more it never hears.
const UNREAD_MAX: usize = 10_000;

const AT_ONCE: Wait = Wait { min_ms: 0, max_ms: 0 };

/// What phones say.
const WORDS: [&str; 8] = [
    "Yes, that suits me.",
    "Where are you?",
    "Can you call me later?",
    "The parcel has arrived.",
    "See you at six.",
    "No, not today.",
    "Thank you!",
    "Who is this?",
];

/// A phone's behaviour while it is in force.
#[derive(Debug)]
pub(crate) struct Script {
    behaviour: Behaviour,
    /// For scans, which are not the task's business.
    dice: Dice,
    unread: mpsc::Sender<Unread>,
}

/// A message that somebody else has written.
#[derive(Debug)]
struct Unread {
    id: String,
    from: String,
}

/// What is on the agenda.
#[derive(Debug)]
enum Deed {
    Read(Unread),
    /// Begins to type to somebody.
    Type(String),
    /// Has typed enough.
    Answer(String),
    Write,
    Leave,
    Return,
    Unlink,
}

impl Phone {
    /// Lets the phone act by itself from now on, in place of what it did before. An empty behaviour
    /// ends it. Must be called inside the runtime.
    pub fn behave(&self, behaviour: Behaviour) -> Result<(), BehaviourError> {
        behaviour.check()?;
        let mut world = self.shared.lock();
        world.scripted += 1;
        let seed = self.shared.config.seed;
        let dice =
            |label: &str| Dice::derive(seed, &format!("{label} {}", self.number), world.scripted);
        let (unread, heard) = mpsc::channel(UNREAD_MAX);
        let actor = Actor {
            shared: Arc::downgrade(&self.shared),
            number: self.number.clone(),
            behaviour: behaviour.clone(),
            dice: dice("behaviour"),
            agenda: BTreeMap::new(),
            last: 0,
            away: None,
        };
        let script = Script { behaviour, dice: dice("scans"), unread };
        world.scripts.insert(self.number.clone(), script);
        drop(world);
        spawn(actor.run(heard));
        Ok(())
    }

    /// How the phone behaves by itself.
    pub fn behaviour(&self) -> Behaviour {
        let world = self.shared.lock();
        world.scripts.get(&self.number).map(|it| it.behaviour.clone()).unwrap_or_default()
    }

    /// Waits as long as the phone's owner takes to find the camera.
    pub(crate) async fn hesitate(&self) {
        let wait = {
            let mut world = self.shared.lock();
            let script = world.scripts.get_mut(&self.number);
            script.and_then(|it| Some(it.behaviour.scans?.draw(&mut it.dice)))
        };
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
    }
}

impl World {
    /// Tells a phone that acts by itself of a message that it has got.
    pub(crate) fn tell_script(&self, number: &str, letter: &Letter) {
        if letter.from.number == number || letter.peer {
            return;
        }
        if let Some(script) = self.scripts.get(number) {
            let unread = Unread { id: letter.id.clone(), from: letter.from.number.clone() };
            // One who is that far behind reads no more.
            drop(script.unread.try_send(unread));
        }
    }
}

/// Plays one phone.
struct Actor {
    shared: Weak<Shared>,
    number: String,
    behaviour: Behaviour,
    dice: Dice,
    agenda: BTreeMap<(Instant, u64), Deed>,
    last: u64,
    /// What waits until the phone is looked at again, while it is away.
    away: Option<Vec<Deed>>,
}

impl Actor {
    async fn run(mut self, mut heard: mpsc::Receiver<Unread>) {
        self.begin();
        loop {
            let next = self.agenda.first_key_value().map(|((due, _), _)| *due);
            let due = async {
                match next {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                unread = heard.recv() => match unread {
                    Some(unread) => self.take_in(unread),
                    None => return,
                },
                () = due => {
                    let Some(((_, _), deed)) = self.agenda.pop_first() else { continue };
                    let Some(shared) = self.shared.upgrade() else { return };
                    let phone = Phone::new(shared, self.number.clone());
                    self.perform(&phone, deed).await;
                }
            }
        }
    }

    fn begin(&mut self) {
        let Behaviour { writes, away, unlinks, .. } = self.behaviour.clone();
        if let Some(writes) = writes {
            self.plan(writes.every, Deed::Write);
        }
        if let Some(away) = away {
            self.plan(AT_ONCE, Deed::Return);
            self.plan(away.after, Deed::Leave);
        }
        if let Some(unlinks) = unlinks {
            self.plan(unlinks, Deed::Unlink);
        }
    }

    fn plan(&mut self, wait: Wait, deed: Deed) {
        let wait = wait.draw(&mut self.dice);
        self.last += 1;
        self.agenda.insert((Instant::now() + wait, self.last), deed);
    }

    fn take_in(&mut self, unread: Unread) {
        if let Some(reads) = self.behaviour.reads
            && self.dice.percent(reads.percent)
        {
            self.plan(reads.after, Deed::Read(unread));
        }
    }

    async fn perform(&mut self, phone: &Phone, deed: Deed) {
        let held = matches!(deed, Deed::Read(_) | Deed::Type(_) | Deed::Write);
        if let Some(waiting) = self.away.as_mut().filter(|_| held) {
            waiting.push(deed);
            return;
        }
        match deed {
            Deed::Read(Unread { id, from }) => {
                // It may have fallen out of the mailbox since.
                if phone.mark_read(&id).is_ok() {
                    self.think_of_an_answer(from);
                }
            }
            Deed::Type(to) => {
                let typing = phone.show_chat_state(&to, ChatState::Composing);
                if let Some(answers) = self.behaviour.answers.filter(|_| typing.is_ok()) {
                    self.plan(answers.typing, Deed::Answer(to));
                }
            }
            Deed::Answer(to) => {
                if phone.show_chat_state(&to, ChatState::Paused).is_ok() {
                    drop(phone.send_text(&to, self.words()));
                }
            }
            Deed::Write => self.write(phone),
            Deed::Leave => self.leave(phone),
            Deed::Return => self.come_back(phone),
            Deed::Unlink => {
                drop(phone.unlink(None).await);
                if let Some(unlinks) = self.behaviour.unlinks {
                    self.plan(unlinks, Deed::Unlink);
                }
            }
        }
    }

    fn think_of_an_answer(&mut self, to: String) {
        if let Some(answers) = self.behaviour.answers
            && self.dice.percent(answers.percent)
        {
            self.plan(answers.after, Deed::Type(to));
        }
    }

    fn write(&mut self, phone: &Phone) {
        let Some(writes) = self.behaviour.writes.clone() else {
            return;
        };
        let count = u64::try_from(writes.to.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(self.dice.below(count)).unwrap_or_default();
        if let Some(to) = writes.to.get(place) {
            // Nobody may have this number.
            drop(phone.send_text(to, self.words()));
        }
        self.plan(writes.every, Deed::Write);
    }

    fn leave(&mut self, phone: &Phone) {
        phone.set_available(false);
        self.away = Some(Vec::new());
        if let Some(away) = self.behaviour.away {
            self.plan(away.stays, Deed::Return);
        }
    }

    fn come_back(&mut self, phone: &Phone) {
        phone.set_available(true);
        let Some(waiting) = self.away.take() else {
            return;
        };
        for deed in waiting {
            self.plan(AT_ONCE, deed);
        }
        if let Some(away) = self.behaviour.away {
            self.plan(away.after, Deed::Leave);
        }
    }

    fn words(&mut self) -> &'static str {
        let count = u64::try_from(WORDS.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(self.dice.below(count)).unwrap_or_default();
        WORDS.get(place).copied().unwrap_or_default()
    }
}
