//! From `waygate instance` to its command.

use hyper::Method;
use serde_json::Value;

use super::{confirm, create, link, list, show};
use crate::commands::cli::{Common, Identifier, Instance, InstanceDelete, OnApi};
use crate::commands::operate::{operate, print};
use crate::control::{self, Absent, Api};
use crate::exit::Failure;

pub(crate) async fn run(common: Common, on_api: OnApi<Instance>) -> Result<(), Failure> {
    let OnApi { reach, command } = on_api;
    let absent = Absent::Refuse;
    match command {
        Instance::Create(command) => {
            // Before anything is opened: whoever types it takes their time.
            let wish = create::wish(command)?;
            operate(&common, &reach, Absent::Make, async |api| create::run(api, &wish).await).await
        }
        Instance::List(list) => {
            operate(&common, &reach, absent, async |api| list::run(api, list.output).await).await
        }
        Instance::Show(show) => {
            let id = show.which.id;
            operate(&common, &reach, absent, async |api| show::run(api, id, show.output).await)
                .await
        }
        Instance::Link(link) => {
            operate(&common, &reach, absent, async |api| link::run(api, &link).await).await
        }
        Instance::Logout(which) => {
            operate(&common, &reach, absent, async |api| act(api, which.id, "logout").await).await
        }
        Instance::Restart(which) => {
            operate(&common, &reach, absent, async |api| act(api, which.id, "restart").await).await
        }
        Instance::Stop(which) => {
            operate(&common, &reach, absent, async |api| rest(api, which.id, "stop").await).await
        }
        Instance::Start(which) => {
            operate(&common, &reach, absent, async |api| rest(api, which.id, "start").await).await
        }
        Instance::Delete(delete) => {
            confirm::deletion(&delete)?;
            operate(&common, &reach, absent, async |api| self::delete(api, &delete).await).await
        }
    }
}

/// Does something to an instance, and tells its state afterwards.
async fn act(api: &Api, id: Identifier, deed: &str) -> Result<(), Failure> {
    let instance: control::Instance = api.get(&format!("/instances/{id}")).await?;
    api.connect_instance(instance.id()?).await?;
    let path = format!("/instances/{}/{deed}", instance.id()?);
    let after: control::Instance = api.act(Method::POST, &path).await?;
    print(&told(&after))?;
    Ok(())
}

/// Puts an instance to rest or ends its rest; where no server runs, for the next one that does.
async fn rest(api: &Api, id: Identifier, deed: &str) -> Result<(), Failure> {
    let instance: control::Instance = api.get(&format!("/instances/{id}")).await?;
    api.run_instance(instance.id()?).await?;
    let path = format!("/instances/{}/{deed}", instance.id()?);
    let after: control::Instance = api.act(Method::POST, &path).await?;
    print(&told(&after))?;
    Ok(())
}

/// What came of it, and what is left to do by hand.
fn told(after: &control::Instance) -> String {
    let mut words = format!("instance {} is {}\n", after.number, after.state.name);
    if after.whatsapp_told == Some(false) {
        words.push_str(
            "WhatsApp was not reached: remove the device on the phone, under Linked devices\n",
        );
    }
    words
}

async fn delete(api: &Api, command: &InstanceDelete) -> Result<(), Failure> {
    let instance: control::Instance = api.get(&format!("/instances/{}", command.which.id)).await?;
    api.connect_instance(instance.id()?).await?;
    let path = format!("/instances/{}", instance.id()?);
    let _nothing: Value = api.act(Method::DELETE, &path).await?;
    print(&format!("instance {} is deleted\n", instance.number))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_logout_of_which_whatsapp_did_not_hear_says_what_is_left_to_do() {
        let after = |whatsapp_told: Option<bool>| -> control::Instance {
            serde_json::from_value(json!({
                "id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
                "number": 7103,
                "name": "Shop",
                "account_id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
                "created_at": "2026-03-01T10:20:30.456Z",
                "state": {
                    "name": "unlinked",
                    "since": null,
                    "linked": false,
                    "reason": null,
                    "next_try_at": null,
                },
                "whatsapp": null,
                "whatsapp_told": whatsapp_told,
            }))
            .unwrap()
        };
        for told_of in [None, Some(true)] {
            assert_eq!(told(&after(told_of)), "instance 7103 is unlinked\n");
        }
        let words = told(&after(Some(false)));
        assert!(
            words.ends_with("remove the device on the phone, under Linked devices\n"),
            "{words}"
        );
    }
}
