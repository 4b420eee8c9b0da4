//! Phones that take their time, by order (docs/internals/sim.md, "Faults").

use std::{sync::Weak, time::Duration};

use tokio::time::sleep;

use crate::{
    letter::{Letter, LetterCopy},
    phone_mail,
    tasks::spawn,
    world::{Shared, World},
};

impl Shared {
    /// Lets a phone take its time before it does something.
    pub(crate) async fn dawdle(&self, number: &str) {
        let wait = self.lock().strike_phone(number);
        if let Some(wait) = wait {
            sleep(wait).await;
        }
    }
}

/// Brings a copy to a phone, which reads it now, or when it comes to it.
pub(crate) fn receive(world: &mut World, letter: &Letter, copy: &LetterCopy) {
    let number = copy.to.number.as_str();
    let (Some(wait), Some(account)) = (world.strike_phone(number), world.accounts.get_mut(number))
    else {
        phone_mail::receive(world, letter, copy);
        return;
    };
    account.unread.push_back((letter.clone(), copy.clone()));
    spawn(read_later(Weak::clone(&world.own), number.to_owned(), wait));
}

/// Reads the oldest of what has waited, so that what came first is read first.
async fn read_later(shared: Weak<Shared>, number: String, wait: Duration) {
    sleep(wait).await;
    let Some(shared) = shared.upgrade() else {
        return;
    };
    let mut world = shared.lock();
    let oldest = world.accounts.get_mut(&number).and_then(|account| account.unread.pop_front());
    if let Some((letter, copy)) = oldest {
        phone_mail::receive(&mut world, &letter, &copy);
    }
}
