//! Where the polls of an instance stand. A vote says nothing but which options its voter has now, by
//! their hashes; what they are called the poll has said, and what the others have the votes before.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::message::address::Address;
use waygate_core::message::arrival::{OptionHash, Vote};
use waygate_core::message::content::{Content, OptionVotes, Poll, PollVote};
use waygate_core::message::{Message, MessageId, MessageKey};
use waygate_core::port::journal::Journal;

/// Polls of an instance that are remembered; others are looked up in its journal.
const REMEMBERED_MAX: usize = 128;

/// Events that are read at a time.
const PAGE: u32 = 256;

type Key = (Address, MessageId);

#[derive(Default)]
struct Remembered {
    standings: BTreeMap<Key, PollVote>,
    order: VecDeque<Key>,
}

/// The polls of one instance.
pub(crate) struct Polls {
    instance: InstanceId,
    journal: Arc<dyn Journal>,
    remembered: Mutex<Remembered>,
}

impl std::fmt::Debug for Polls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Polls").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Polls {
    pub(crate) fn new(instance: InstanceId, journal: Arc<dyn Journal>) -> Self {
        Self { instance, journal, remembered: Mutex::default() }
    }

    /// The message of a vote, with where the poll stands since then. Of a poll that is not known, or a
    /// vote that cannot be read, it says which poll and no more.
    pub(crate) async fn counted(&self, vote: Vote) -> Result<Message, Error> {
        let Vote { mut message, poll_sender, chosen, .. } = vote;
        let is_known = self.journal.event_of(self.instance, message.key()).await?.is_some();
        let (false, Some(chosen), Content::PollVote(said)) = (is_known, chosen, &message.content)
        else {
            return Ok(message);
        };
        let key = (message.chat.clone(), said.poll.clone());
        let mut remembered = self.remembered.lock().await;
        let before = match remembered.standings.get(&key) {
            Some(standing) => Some(standing.clone()),
            None => self.recalled(&key, poll_sender).await?,
        };
        if let Some(mut standing) = before {
            choose(&mut standing, &message.sender, &chosen);
            remembered.keep(key, standing.clone());
            message.content = Content::PollVote(standing);
        }
        Ok(message)
    }

    /// A message on its way into the journal, of which votes may follow before it is there.
    pub(crate) async fn heed(&self, message: &Message) {
        if let Content::Poll(poll) = &message.content {
            let key = (message.chat.clone(), message.id.clone());
            let mut remembered = self.remembered.lock().await;
            if !remembered.standings.contains_key(&key) {
                remembered.keep(key, unvoted(message.id.clone(), poll));
            }
        }
    }

    /// What was counted is not written down.
    pub(crate) async fn forget(&self) {
        *self.remembered.lock().await = Remembered::default();
    }

    /// Where a poll stands by the journal.
    async fn recalled(
        &self,
        (chat, id): &Key,
        sender: Option<Address>,
    ) -> Result<Option<PollVote>, Error> {
        let Some(sender) = sender else { return Ok(None) };
        let key = MessageKey { chat: chat.clone(), sender, id: id.clone() };
        let Some(event) = self.journal.event_of(self.instance, key).await? else {
            return Ok(None);
        };
        let Some(Content::Poll(poll)) = content(&event.kind).map(|(_, content)| content) else {
            return Ok(None);
        };
        let begun = unvoted(id.clone(), poll);
        Ok(Some(self.newest(chat, id, event.sequence).await?.unwrap_or(begun)))
    }

    /// What the newest vote behind this event says.
    async fn newest(
        &self,
        chat: &Address,
        id: &MessageId,
        mut after: Sequence,
    ) -> Result<Option<PollVote>, Error> {
        let mut newest = None;
        loop {
            let page = self.journal.read_after(self.instance, after, PAGE).await?;
            let Some(last) = page.last().map(|event| event.sequence) else { return Ok(newest) };
            for event in page {
                if let Some((at, Content::PollVote(vote))) = content(&event.kind)
                    && at == chat
                    && vote.poll == *id
                    && !vote.votes.is_empty()
                {
                    newest = Some(vote.clone());
                }
            }
            after = last;
        }
    }
}

impl Remembered {
    fn keep(&mut self, key: Key, standing: PollVote) {
        if self.standings.insert(key.clone(), standing).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.standings.remove(&oldest);
        }
    }
}

/// The chat of a message, and what it says.
fn content(kind: &EventKind) -> Option<(&Address, &Content)> {
    if let EventKind::MessageReceived(message) = kind {
        return Some((&message.chat, &message.content));
    }
    let EventKind::MessageSent(sent) = kind else { return None };
    Some((&sent.message.chat, &sent.message.content))
}

fn unvoted(id: MessageId, poll: &Poll) -> PollVote {
    let options = poll.options.iter().cloned();
    PollVote {
        poll: id,
        question: poll.question.clone(),
        votes: options.map(|option| OptionVotes { option, voters: Vec::new() }).collect(),
        several: poll.several,
    }
}

/// The voter has these options now, and no others.
fn choose(standing: &mut PollVote, voter: &Address, chosen: &[OptionHash]) {
    for votes in &mut standing.votes {
        votes.voters.retain(|other| other != voter);
        let hash: OptionHash = Sha256::digest(votes.option.as_bytes()).into();
        if chosen.contains(&hash) {
            votes.voters.push(voter.clone());
        }
    }
}
