//! What becomes of a removed instance.

use std::time::Duration;

use waygate_core::port::registry::InstanceFilter;
use waygate_core::token::TokenKind;
use waygate_sim::Latency;
use waygate_testkit::world::World;

#[tokio::test(start_paused = true)]
async fn a_removed_instance_stays_listed_for_ninety_days_and_is_then_forgotten() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let mut world = World::new(Latency::None);
    let instance = world.instance().await.id;
    let listed =
        world.gateway.list_instances(InstanceFilter::default(), TokenKind::Instance).await.unwrap();
    let token = listed[0].token.clone().unwrap();
    world.gateway.remove_instance(instance).await.unwrap();
    // What a process does when it starts: from here on it forgets, day by day.
    world.restart_gateway().await;

    world.pass(DAY * 89).await;
    let kept = world.gateway.instance(instance).await.unwrap();
    assert!(kept.unwrap().removed_at.is_some(), "not yet");
    let known = world.gateway.authenticate(TokenKind::Instance, &token).await.unwrap();
    assert!(known.unwrap().instance.unwrap().removed_at.is_some(), "a late caller is told");

    world.pass(DAY * 3).await;
    assert_eq!(world.gateway.instance(instance).await.unwrap(), None);
    let known = world.gateway.authenticate(TokenKind::Instance, &token).await.unwrap();
    assert!(known.is_none(), "the token opens nothing any more");
    world.end_clean().await;
}
