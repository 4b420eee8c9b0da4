//! Settings act at once, survive a restart and are not readable in the store.

use waygate_core::instance::settings::{Settings, Switch};
use waygate_core::port::registry::Registry as _;
use waygate_engine::instances::NewInstance;
use waygate_played::application::new_instance;
use waygate_played::link::PlayedLink;

#[tokio::test]
async fn changed_settings_hold_at_once_and_after_a_restart() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let owner = gateway.first_account().await.unwrap().id;
    let settings = Settings { send_pause_ms: 900, ..Settings::default() };
    let new = NewInstance { settings, ..new_instance(owner) };
    let instance = gateway.create_instance(new).await.unwrap().record.id;
    let change = |settings: &mut Settings| {
        settings.switches.insert(Switch::StateChanges);
    };
    let changed = gateway.change_settings(instance, change).await.unwrap();
    assert_eq!(changed.send_pause_ms, 900, "what was not named stays");
    assert_eq!(gateway.settings(instance).await.unwrap(), changed);
    assert_eq!(link.gateway().settings(instance).await.unwrap(), changed);
}

#[tokio::test]
async fn changes_at_once_do_not_undo_each_other() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let (one, two) = (gateway.clone(), gateway.clone());
    let (first, second) = tokio::join!(
        one.change_settings(instance, |settings| settings.send_pause_ms = 700),
        two.change_settings(instance, |settings| settings.typing_level = 3),
    );
    first.unwrap();
    second.unwrap();
    let settings = gateway.settings(instance).await.unwrap();
    assert_eq!((settings.send_pause_ms, settings.typing_level), (700, 3));
}

#[tokio::test]
async fn what_the_store_holds_of_settings_is_sealed() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let change = |settings: &mut Settings| settings.webhook_token = "canary".into();
    gateway.change_settings(instance, change).await.unwrap();
    let sealed = link.store().settings(instance).await.unwrap().unwrap();
    assert!(!sealed.as_bytes().windows(6).any(|bytes| bytes == b"canary"));
}
