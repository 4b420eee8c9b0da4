//! What a client says of itself when it connects, beside its keys.

use waproto::{
    buffa::{Message as _, MessageField},
    whatsapp::{
        ClientPayload, DeviceProps,
        client_payload::{
            WebInfo,
            user_agent::{AppVersion, Platform},
        },
        device_props::PlatformType,
    },
};
use waygate_sim::{RefusalKind, Sim, SimConfig};

use crate::{
    companion::Companion,
    deviations::{Spoil, assert_failure, assert_refused, pairing},
    linking::world,
};

fn speak_of(payload: &mut ClientPayload, platform: Option<Platform>) {
    payload.user_agent.as_option_mut().unwrap().platform = platform;
}

fn call_itself(payload: &mut ClientPayload, change: fn(&mut DeviceProps)) {
    let props = pairing(payload).device_props.as_mut().unwrap();
    let mut said = DeviceProps::decode_from_slice(props).unwrap();
    change(&mut said);
    *props = said.encode_to_vec();
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_no_client_sends_is_refused() {
    let rows: [(&str, Spoil, &str); 17] = [
        ("no platform", |p| speak_of(p, None), "409"),
        ("a platform that is no companion", |p| speak_of(p, Some(Platform::KAIOS)), "409"),
        ("a browser without webInfo", |p| drop(p.web_info.take()), "400"),
        ("an empty webInfo", |p| p.web_info = MessageField::some(WebInfo::default()), "400"),
        ("an app with webInfo", |p| speak_of(p, Some(Platform::ANDROID)), "400"),
        ("with a username", |p| p.username = Some(15_550_001_111), "400"),
        ("with a device", |p| p.device = Some(1), "400"),
        ("passive", |p| p.passive = Some(true), "400"),
        ("without passive", |p| p.passive = None, "400"),
        ("pull", |p| p.pull = Some(true), "400"),
        ("without pull", |p| p.pull = None, "400"),
        ("empty device props", |p| pairing(p).device_props = Some(Vec::new()), "400"),
        ("device props that are none", |p| pairing(p).device_props = Some(vec![0xff; 3]), "400"),
        ("no platform type", |p| call_itself(p, |it| it.platform_type = None), "400"),
        ("no system", |p| call_itself(p, |it| it.os = None), "400"),
        ("a system without a name", |p| call_itself(p, |it| it.os = Some(String::new())), "400"),
        (
            "half a version",
            |p| {
                let user_agent = p.user_agent.as_option_mut().unwrap();
                user_agent.app_version = MessageField::some(AppVersion {
                    primary: Some(2),
                    secondary: Some(3000),
                    ..AppVersion::default()
                });
            },
            "409",
        ),
    ];
    for (row, spoil, reason) in rows {
        let (sim, _) = world();
        let mut device = Companion::new(1);
        let mut payload = device.registration();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        assert_failure(&mut stream, reason, row).await;
        assert_refused(&sim.report(), RefusalKind::Payload, row);
    }
}

/// What whatsapp-rust and Baileys send by default or when they are told to be an Android device.
#[tokio::test(start_paused = true)]
async fn a_registration_as_real_clients_send_it_is_taken() {
    let rows: [(&str, Spoil); 3] = [
        ("as it is", |_| ()),
        ("an Android device", |p| {
            speak_of(p, Some(Platform::ANDROID));
            drop(p.web_info.take());
        }),
        ("a platform that is unknown", |p| {
            call_itself(p, |it| it.platform_type = Some(PlatformType::UNKNOWN));
        }),
    ];
    for (row, change) in rows {
        let (sim, _) = world();
        let mut device = Companion::new(1);
        let mut payload = device.registration();
        change(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        assert_eq!(stream.next().await.expect(row).tag, "iq", "{row}");
        assert_eq!(sim.report().is_clean(), Ok(()), "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_no_client_sends_is_refused() {
    let rows: [(&str, Spoil); 4] = [
        ("without pull", |p| p.pull = None),
        ("not to pull", |p| p.pull = Some(false)),
        ("without passive", |p| p.passive = None),
        ("a device number of 17 bits", |p| p.device = Some(65_537)),
    ];
    for (row, spoil) in rows {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut payload = device.login();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        assert_failure(&mut stream, "400", row).await;
        assert_refused(&sim.report(), RefusalKind::Payload, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_passive_login_is_taken_as_baileys_sends_it() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut payload = device.login();
    payload.passive = Some(true);
    let mut stream = device.connect(&sim, &payload).await;
    assert_eq!(stream.next().await.unwrap().tag, "success");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_oldest_version_that_is_allowed_is_taken() {
    let oldest = Some((2, 3000, 1_035_194_821));
    let sim = Sim::new(SimConfig { min_version: oldest, ..SimConfig::default() });
    let mut device = Companion::new(1);
    let payload = device.registration();
    let mut stream = device.connect(&sim, &payload).await;
    assert_eq!(stream.next().await.unwrap().tag, "iq");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn versions_before_2_3000_are_refused_unless_every_version_is_taken() {
    for (min_version, refused) in [(SimConfig::default().min_version, true), (None, false)] {
        let sim = Sim::new(SimConfig { min_version, ..SimConfig::default() });
        let mut device = Companion::new(1);
        let mut payload = device.registration();
        let user_agent = payload.user_agent.as_option_mut().unwrap();
        user_agent.app_version = MessageField::some(AppVersion {
            primary: Some(0),
            secondary: Some(0),
            tertiary: Some(1),
            ..AppVersion::default()
        });
        pairing(&mut payload).build_hash =
            Some(<md5::Md5 as md5::Digest>::digest("0.0.1").to_vec());
        let mut stream = device.connect(&sim, &payload).await;
        if refused {
            assert_failure(&mut stream, "405", "0.0.1").await;
            assert_refused(&sim.report(), RefusalKind::Outdated, "0.0.1");
        } else {
            assert_eq!(stream.next().await.unwrap().tag, "iq");
        }
    }
}
