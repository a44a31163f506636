//! Actions that are calls to other servers.
//!
//! [`HttpHandler`] has an action executed by a backend that speaks the legacy
//! Smart Action JSON (specification, sections 1.1 to 1.8, dialect B), whose form
//! the backend may compute as well; [`WebhookHandler`] sends a signed webhook.
//! Both go out through [`Outbound`], which is the only place that opens a connection.

mod action;
mod answer;
mod body;
mod filters;
mod handler;
mod hooks;
mod outbound;
mod secret;
mod selection;
mod signing;
mod slug;
mod webhook;

pub use action::{HookBody, Hooks, HttpAction};
pub use handler::HttpHandler;
pub use outbound::{Outbound, OutboundConfig, Resolve};
pub use secret::SecretText;
pub use signing::Signing;
pub use slug::{Slug, default_endpoint};
pub use webhook::{Webhook, WebhookBody, WebhookHandler};
