//! `levers schema`: what the collections look like, for programs and for Forest's clients; and what
//! the file of declarations may hold, for editors.

use levers_server::App;

use crate::api::Api;
use crate::args::{GlobalArgs, SchemaArgs, SchemaFormat, TargetArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup::{self, Purpose};

pub(crate) async fn schema(args: SchemaArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let document = match args.format {
        SchemaFormat::Forest => {
            let setup = setup::setup(global, &app, args.url.as_deref(), None)?;
            levers_server::forest_schema(&setup, &app).await?
        }
        SchemaFormat::File => levers_server::json_schema(),
        SchemaFormat::Json => {
            let target = TargetArgs { database: args.url, ..TargetArgs::local() };
            collections(&setup::api(&target, global, app, Purpose::Describe).await?).await?
        }
    };
    say(format_args!("{document:#}"))?;
    Ok(())
}

/// Every collection, whole.
async fn collections(api: &Api) -> Result<serde_json::Value, Failure> {
    let list = api.get_json("/api/v1/collections").await?;
    let mut whole = Vec::new();
    for collection in list["collections"].as_array().into_iter().flatten() {
        let name = collection["name"].as_str().unwrap_or_default();
        whole.push(api.get_json(&format!("/api/v1/collections/{}", setup::segment(name))).await?);
    }
    Ok(serde_json::json!({ "collections": whole }))
}
