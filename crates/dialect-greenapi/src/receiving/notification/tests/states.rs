use waygate_core::event::{LinkingProgress, StateChanged};
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::StateName;

use super::*;

fn to(state: StateName, linked: bool, account: impl Into<Option<LinkedAccount>>) -> EventKind {
    let (from, cause, account) = (StateName::Pending, Cause::Due, account.into());
    EventKind::StateChanged(StateChanged { from, to: state, cause, linked, account })
}

#[test]
fn a_change_of_state_is_told_field_by_field_as_the_vendor_does() {
    let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
    insta::assert_snapshot!(
        told(state, to(StateName::Online, true, account())),
        @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"authorized"}"#
    );
    insta::assert_snapshot!(
        told(connection, to(StateName::Online, true, account())),
        @r#"{"typeWebhook":"statusInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"statusInstance":"online"}"#
    );
    insta::assert_snapshot!(
        told(connection, to(StateName::Offline, true, account())),
        @r#"{"typeWebhook":"statusInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"statusInstance":"offline"}"#
    );
    insta::assert_snapshot!(
        told(state, to(StateName::Unlinked, false, account())),
        @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"notAuthorized"}"#
    );
    insta::assert_snapshot!(
        told(state, to(StateName::Failed, false, None)),
        @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"notAuthorized"}"#
    );
}

#[test]
fn the_state_has_every_word_of_the_vendors() {
    let words = [
        (StateName::Unlinked, false),
        (StateName::Connecting, true),
        (StateName::Online, true),
        (StateName::Suspended, true),
        (StateName::Banned, false),
    ];
    let words = words.map(|(state, linked)| {
        let told = told(Switch::StateChanges, to(state, linked, account()));
        told.rsplit_once(':').map(|(_, word)| word.to_owned()).unwrap()
    });
    insta::assert_snapshot!(words.join(" "), @r#""notAuthorized"} "starting"} "authorized"} "suspended"} "blocked"}"#);
}

#[test]
fn what_the_vendor_has_no_word_for_is_not_told() {
    let scanned = EventKind::Linking(LinkingProgress::Scanned);
    assert_eq!(told(Switch::StateChanges, scanned), "null");
    assert_eq!(told(Switch::Polls, to(StateName::Online, true, account())), "null");
}
