//! Polls, and where they stand.

use serde::Serialize;
use waygate_core::message::content::{OptionVotes, Poll, PollVote};

use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PollData<'a> {
    name: &'a str,
    options: Vec<Choice<'a>>,
    multiple_answers: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choice<'a> {
    option_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VotesData<'a> {
    stanza_id: &'a str,
    name: &'a str,
    votes: Vec<Votes<'a>>,
    multiple_answers: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Votes<'a> {
    option_name: &'a str,
    option_voters: Vec<String>,
}

impl<'a> PollData<'a> {
    pub(in super::super) fn of(poll: &'a Poll) -> Self {
        Self {
            name: &poll.question,
            options: poll.options.iter().map(|option_name| Choice { option_name }).collect(),
            multiple_answers: poll.several,
        }
    }
}

impl<'a> VotesData<'a> {
    pub(super) fn of(vote: &'a PollVote) -> Self {
        Self {
            stanza_id: vote.poll.as_str(),
            name: &vote.question,
            votes: vote.votes.iter().map(Votes::of).collect(),
            multiple_answers: vote.several,
        }
    }
}

impl<'a> Votes<'a> {
    fn of(votes: &'a OptionVotes) -> Self {
        let option_voters = votes.voters.iter().map(chat_id).collect();
        Self { option_name: &votes.option, option_voters }
    }
}
