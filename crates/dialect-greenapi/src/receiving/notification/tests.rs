mod kinds;
mod rows;
mod states;

use jiff::Timestamp;
use waygate_core::account::LinkedAccount;
use waygate_core::event::{Event, EventKind, Notification, Receipt, Sequence};
use waygate_core::id::InstanceNumber;
use waygate_core::instance::settings::Switch;
use waygate_engine::telling::{FileAddress, Telling};

use super::*;

fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
}

fn telling() -> Telling {
    Telling {
        account: Some(account()),
        hidden_ids: false,
        file: FileAddress::Known("https://gate.example/media/own".into()),
        quoted_file: FileAddress::Known("https://gate.example/media/quoted".into()),
    }
}

fn told_beside(topic: Switch, kind: EventKind, telling: &Telling) -> String {
    let at = Timestamp::from_millisecond(1_761_000_000_999).unwrap();
    let event = Event { sequence: Sequence(7), at, kind };
    let notification = Notification { receipt: Receipt(1), topic, event };
    let number = InstanceNumber::new(1_105_600_123).unwrap();
    serde_json::to_string(&Body::of(&notification, number, telling)).unwrap()
}

fn told(topic: Switch, kind: EventKind) -> String {
    told_beside(topic, kind, &telling())
}
