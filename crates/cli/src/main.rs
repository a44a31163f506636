//! The `levers` executable: the command line with nothing declared besides it.

use std::process::ExitCode;

use levers_server::App;

#[tokio::main]
async fn main() -> ExitCode {
    levers_cli::run(App::default()).await
}
