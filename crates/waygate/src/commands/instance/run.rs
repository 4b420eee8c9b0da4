//! From `waygate instance` to its command.

use serde_json::{Value, json};

use super::{confirm, create, link, list, show};
use crate::commands::cli::{Common, Identifier, Instance, InstanceDelete};
use crate::commands::operate::{operate, print};
use crate::control::{self, Absent, Api};
use crate::exit::Failure;

pub(crate) async fn run(common: Common, command: Instance) -> Result<(), Failure> {
    let absent = Absent::Refuse;
    match command {
        Instance::Create(command) => {
            // Before anything is opened: whoever types it takes their time.
            let wish = create::wish(command)?;
            operate(&common, Absent::Make, async |api| create::run(api, &wish).await).await
        }
        Instance::List(list) => {
            operate(&common, absent, async |api| list::run(api, list.output).await).await
        }
        Instance::Show(show) => {
            let id = show.which.id;
            operate(&common, absent, async |api| show::run(api, id, show.output).await).await
        }
        Instance::Link(link) => {
            operate(&common, absent, async |api| link::run(api, &link).await).await
        }
        Instance::Logout(which) => {
            operate(&common, absent, async |api| act(api, which.id, "logout").await).await
        }
        Instance::Restart(which) => {
            operate(&common, absent, async |api| act(api, which.id, "restart").await).await
        }
        Instance::Delete(delete) => {
            confirm::deletion(&delete)?;
            operate(&common, absent, async |api| self::delete(api, &delete).await).await
        }
    }
}

/// Does something to an instance, and tells its state afterwards.
async fn act(api: &Api, id: Identifier, deed: &str) -> Result<(), Failure> {
    let instance: control::Instance = api.get(&format!("/instances/{id}")).await?;
    api.connect_instance(instance.id()?).await?;
    let path = format!("/instances/{}/{deed}", instance.id()?);
    let after: control::Instance = api.post(&path, &json!({})).await?;
    print(&format!("instance {} is {}\n", after.number, after.state.name))?;
    Ok(())
}

async fn delete(api: &Api, command: &InstanceDelete) -> Result<(), Failure> {
    let instance: control::Instance = api.get(&format!("/instances/{}", command.which.id)).await?;
    api.connect_instance(instance.id()?).await?;
    let _nothing: Value = api.delete(&format!("/instances/{}", instance.id()?)).await?;
    print(&format!("instance {} is deleted\n", instance.number))?;
    Ok(())
}
