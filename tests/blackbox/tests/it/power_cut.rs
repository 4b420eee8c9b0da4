//! The power fails while an account is being linked or unlinked: at every named stage, and at random
//! moments. A failing run tells its seed: `POWER_CUT_SEED` repeats it, and `POWER_CUTS` cuts more often.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use waygate_testkit::picture::read_code;

use crate::drawing;
use crate::green_client::{Answer, Credentials, Server, partner_token};
use crate::process::{Build, Running, argument, run, start};
use crate::simulator::{NUMBER, Simulator};

const LINK: [&str; 3] = ["quickstart", "--exit-when-linked", "--data-dir"];

/// How far linking has come when the power fails.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The phone begins to scan.
    Scanning,
    /// This count of the simulator's has grown.
    Counted(&'static str),
    /// The process has said this.
    Said(&'static str),
}

/// From before the proof is sent until after the login.
const MOMENTS: [Moment; 6] = [
    Moment::Scanning,
    Moment::Counted("links"),
    Moment::Said("a phone accepted the code"),
    Moment::Counted("dials"),
    Moment::Counted("logins"),
    Moment::Said("linked: state authorized"),
];

#[tokio::test]
async fn a_process_killed_while_linking_can_link_again() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    // The phone unlinks while no process runs, and the next hears of it at its login.
    simulator.is_provoked_to_refuse("UnlinkedDevice");
    // It must live until the power fails.
    let arguments = ["quickstart", "--data-dir", argument(place.path())];
    for moment in MOMENTS {
        let process = start(Build::Sandbox, &arguments, &simulator.settings());
        let code = drawing::last_code(&process.says("code 1, ").await);
        let before = simulator.get("/report").await;
        let killed = async {
            match moment {
                Moment::Scanning => {}
                Moment::Counted(what) => simulator.counts_more(what, &before).await,
                Moment::Said(words) => drop(process.says(words).await),
            }
            process.kill().await;
        };
        let (_scanned, ()) = tokio::join!(simulator.scan(&code), killed);
        links_again(&simulator, place.path(), moment).await;
        simulator.unlink().await;
    }
}

/// Whatever came of it: the keys may be linked or not, but never stuck.
async fn links_again(simulator: &Simulator, directory: &Path, moment: Moment) {
    let arguments = [&LINK[..], &[argument(directory)]].concat();
    let again = start(Build::Sandbox, &arguments, &simulator.settings());
    let linked = again.says("linked: state authorized");
    let shown = again.says("code 1, ");
    tokio::select! {
        _ = linked => {}
        said = shown => {
            let (status, answer) = simulator.scan(&drawing::last_code(&said)).await;
            assert_eq!(status, 200, "killed at {moment:?}: {answer}");
        }
    }
    let ended = again.ends().await;
    assert_eq!(ended.code, Some(0), "killed at {moment:?}: {ended:?}");
}

/// What is under way when the power fails.
#[derive(Debug, Clone, Copy)]
enum Effort {
    /// From the request for a QR code until the account is online.
    Scan,
    /// The same with a code that is typed on the phone.
    Type,
    /// From the request until the device is gone.
    LogOut,
}

/// An instance whose server is started again and again.
#[derive(Debug)]
struct House {
    simulator: Simulator,
    place: TempDir,
    partner: String,
    shop: Credentials,
    /// The phone that the instance is linked to.
    number: String,
}

impl House {
    async fn built() -> Self {
        let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
        let partner = partner_token(place.path(), &simulator.settings()).await;
        let server = serve(&simulator, place.path(), &partner).await;
        let shop = server.create().await;
        let ended = server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        Self { simulator, place, partner, shop, number: NUMBER.to_owned() }
    }

    /// The owner takes another phone: WhatsApp makes only so many codes for one number.
    async fn takes_another_phone(&mut self, ordinal: u32) {
        self.number = format!("1555{:07}", 1_000_000 + ordinal);
        self.simulator.adds_phone(&self.number).await;
    }

    async fn serve(&self) -> Server {
        serve(&self.simulator, self.place.path(), &self.partner).await
    }

    /// An effort from its beginning to its end.
    async fn makes(&self, server: &Server, effort: Effort) {
        let answer = server.ask(self.request(server, effort)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        if let Some((status, answer)) = self.phone_acts(effort, &answer).await {
            assert_eq!(status, 200, "{answer}");
            server.reaches(&self.shop, "authorized").await;
        }
    }

    /// The same, while the power fails at this moment of it. The phone goes on by itself.
    async fn is_cut(&self, server: &Server, effort: Effort, moment: Duration) {
        let begun = async {
            if let Ok(answer) = server.tries(self.request(server, effort)).await {
                self.phone_acts(effort, &answer).await;
            }
        };
        tokio::join!(begun, server.process.kill_after(moment));
    }

    /// The call that an effort begins with.
    fn request(&self, server: &Server, effort: Effort) -> RequestBuilder {
        let (verb, method) = match effort {
            Effort::Scan => ("GET", "qr"),
            Effort::Type => ("POST", "getAuthorizationCode"),
            Effort::LogOut => ("GET", "logout"),
        };
        let Credentials { number, token } = &self.shop;
        let request = server.request(verb, &format!("/waInstance{number}/{method}/{token}"));
        match effort {
            Effort::Type => request.json(&json!({ "phoneNumber": self.number })),
            Effort::Scan | Effort::LogOut => request,
        }
    }

    /// What the phone's owner does with the answer, and what came of it.
    async fn phone_acts(&self, effort: Effort, answer: &Answer) -> Option<(u16, Value)> {
        let text = |key: &str| answer.json[key].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        match effort {
            Effort::Scan => {
                let code = read_code(text("message"));
                Some(self.simulator.scan_on(&self.number, &code).await)
            }
            Effort::Type => Some(self.simulator.type_on(&self.number, text("code")).await),
            Effort::LogOut => {
                assert_eq!(answer.json, json!({ "isLogout": true }));
                None
            }
        }
    }

    /// Whatever came of it: linked or not, but never stuck, and linked to the phone that scanned.
    async fn can_be_linked(&self) {
        let server = self.serve().await;
        // Keys of a device that WhatsApp has removed are found out by a login.
        let settled = server.settles(&self.shop).await;
        if settled == "notAuthorized" {
            self.makes(&server, Effort::Scan).await;
        }
        let settings = server.get(&self.shop, "getSettings").await;
        assert_eq!(settings["wid"], format!("{}@c.us", self.number));
        self.makes(&server, Effort::LogOut).await;
        assert_eq!(server.settles(&self.shop).await, "notAuthorized");
        // A device whose keys were never written stays on the phone, as with WhatsApp itself.
        self.simulator.unlink_on(&self.number).await;
        let ended = server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    /// How long an effort takes that nothing disturbs.
    async fn measures(&self, effort: Effort) -> Duration {
        let server = self.serve().await;
        self.prepares(&server, effort).await;
        let began = Instant::now();
        self.makes(&server, effort).await;
        let whole = began.elapsed();
        let ended = server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        self.can_be_linked().await;
        whole
    }

    async fn prepares(&self, server: &Server, effort: Effort) {
        if let Effort::LogOut = effort {
            self.makes(server, Effort::Scan).await;
        }
    }
}

async fn serve(simulator: &Simulator, directory: &Path, partner: &str) -> Server {
    let unlimited = [("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned())];
    Server::start(simulator, directory, partner, &unlimited).await
}

/// Cuts an effort off at moments drawn from a seed.
async fn survives_cuts(effort: Effort) {
    let (seed, cuts) = moments();
    let mut chance = StdRng::seed_from_u64(seed);
    let mut house = House::built().await;
    // Only a login tells what WhatsApp has heard: of a logout whose answer was lost, or of a link for
    // which the device's keys were written and nothing else.
    house.simulator.is_provoked_to_refuse(match effort {
        Effort::LogOut => "UnlinkedDevice",
        Effort::Scan | Effort::Type => "UnknownDevice",
    });
    let whole = house.measures(effort).await;
    for cut in 1..=cuts {
        // A little beyond the end: what is written behind the answer counts too.
        let moment = whole.mul_f64(chance.random_range(0.0..1.1));
        house.takes_another_phone(cut).await;
        let round = async {
            let server = house.serve().await;
            house.prepares(&server, effort).await;
            house.is_cut(&server, effort, moment).await;
            assert_eq!(server.process.ends().await.code, None);
            house.can_be_linked().await;
        };
        let lived = AssertUnwindSafe(round).catch_unwind().await;
        assert!(lived.is_ok(), "seed {seed}, cut {cut}, {effort:?}, after {moment:?} of {whole:?}");
    }
}

/// The seed of the moments, and how many there are.
fn moments() -> (u64, u32) {
    (setting("POWER_CUT_SEED").unwrap_or_else(rand::random), setting("POWER_CUTS").unwrap_or(10))
}

#[expect(clippy::disallowed_methods, reason = "test code that a person runs with other figures")]
pub(crate) fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[tokio::test]
async fn an_instance_cut_off_at_any_moment_of_a_scan_can_be_linked() {
    survives_cuts(Effort::Scan).await;
}

#[tokio::test]
async fn an_instance_cut_off_at_any_moment_of_a_pairing_code_can_be_linked() {
    survives_cuts(Effort::Type).await;
}

#[tokio::test]
async fn an_instance_cut_off_at_any_moment_of_a_logout_can_be_linked() {
    survives_cuts(Effort::LogOut).await;
}

#[tokio::test]
async fn a_first_start_cut_off_at_any_moment_can_be_repeated() {
    let (seed, cuts) = moments();
    let mut chance = StdRng::seed_from_u64(seed);
    let simulator = Simulator::start().await;
    let whole = {
        let (place, began) = (tempfile::tempdir().unwrap(), Instant::now());
        starts_serving(&simulator, &place.path().join("data")).says("running ").await;
        began.elapsed()
    };
    for cut in 1..=cuts {
        let moment = whole.mul_f64(chance.random_range(0.0..1.1));
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("data");
        let process = starts_serving(&simulator, &directory);
        process.kill_after(moment).await;
        assert_eq!(process.ends().await.code, None);
        let create = ["instance", "create", "--data-dir", argument(&directory)];
        let created = run(Build::Sandbox, &create, &simulator.settings()).await;
        let when = format!("seed {seed}, cut {cut}, after {moment:?} of {whole:?}");
        assert_eq!(created.code, Some(0), "{when}: {created:?}");
        let served = starts_serving(&simulator, &directory);
        served.says("running 1 instance").await;
        assert_eq!(served.terminate().await.code, Some(0), "{when}");
    }
}

fn starts_serving(simulator: &Simulator, directory: &Path) -> Running {
    let arguments = ["serve", "--data-dir", argument(directory)];
    start(Build::Sandbox, &arguments, &simulator.settings())
}
