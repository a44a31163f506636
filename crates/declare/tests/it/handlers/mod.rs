//! What declared actions do, over the real engine and a real database.

mod forms;
mod http;
mod sql;
mod update;
mod words;

use std::sync::Arc;

use levers_declare::{SecretText, World, parse};
use levers_engine::{Engine, FormRequest, OpContext, Submission, Submitted};
use levers_handler_http::Signing;
use levers_model::{
    ActionId, Caller, Door, Form, Outcome, OutcomeKind, RecordId, RequestFilter, Result, Selection, Value, Values,
};
use levers_ports::FileBody;
use levers_store::SqliteStore;
use serde_json::Value as Json;

use crate::shop::{Environment, Shop};

/// An engine that serves a file.
pub(crate) struct Served {
    pub(crate) shop: Shop,
    pub(crate) engine: Engine,
}

/// The secret that backends of these tests share.
pub(crate) const SECRET: &str = "5f1b9c0d7e3a48f2a6c1b0d9e8f7a6b5";

impl Served {
    /// Serves what is declared on companies.
    pub(crate) async fn new(text: &str) -> Self {
        let shop = Shop::new().await;
        let store = SqliteStore::open(&shop.folder.path().join("jobs.db")).await.unwrap();
        let mut builder = Engine::builder(Arc::new(store));
        for source in &shop.sources {
            builder = builder.source(source.clone());
        }
        let document = parse(vec![("levers.toml".into(), text.to_owned())], &Environment)
            .map_err(|mistakes| said(&mistakes))
            .unwrap();
        let signing = Some(Signing::new(&SecretText::new(SECRET), None));
        let declared =
            document.declare(&World { sources: &shop.sources, signing }).map_err(|mistakes| said(&mistakes)).unwrap();
        for (collection, declaration) in declared {
            builder = builder.customize(collection, declaration);
        }
        let engine = builder.build().unwrap();
        Self { shop, engine }
    }

    pub(crate) fn context(&self) -> OpContext {
        let caller = Caller { role: Some("admin".into()), ..Caller::new("ada@example.com", Door::Test) };
        self.engine.context(caller)
    }

    /// Submits an action of companies.
    pub(crate) async fn run(&self, action: &str, selection: Selection, values: &[(&str, Json)]) -> Result<Submitted> {
        self.run_on("companies", action, selection, values).await
    }

    pub(crate) async fn run_on(
        &self,
        collection: &str,
        action: &str,
        selection: Selection,
        values: &[(&str, Json)],
    ) -> Result<Submitted> {
        let submission = Submission {
            collection: collection.into(),
            action: ActionId::from_name(action),
            selection,
            values: given(values),
            idempotency_key: None,
            approval: None,
        };
        self.engine.submit(&self.context(), submission).await
    }

    /// Submits, and says what came of it in one line.
    pub(crate) async fn outcome(&self, action: &str, selection: Selection, values: &[(&str, Json)]) -> String {
        match self.run(action, selection, values).await {
            Err(error) => format!("refused: {error}"),
            Ok(submitted) => match submitted.reply {
                Err(error) => format!("failed: {error}"),
                Ok(reply) => shown(&reply.outcome),
            },
        }
    }

    /// The form of an action of companies on the first of them.
    pub(crate) async fn form(&self, action: &str, values: Option<&[(&str, Json)]>) -> Form {
        let request = FormRequest {
            collection: "companies".into(),
            action: ActionId::from_name(action),
            selection: one(1),
            values: values.map(given),
            changed: None,
            search: None,
        };
        self.engine.form(&self.context(), request).await.unwrap()
    }

    /// Submits, and takes the file.
    pub(crate) async fn file(&self, action: &str, selection: Selection) -> (String, Vec<u8>) {
        let reply = self.run(action, selection, &[]).await.unwrap().reply.unwrap();
        let OutcomeKind::File { name, .. } = reply.outcome.kind else { panic!("{:?}", reply.outcome) };
        let bytes = match reply.file.unwrap() {
            FileBody::Bytes(bytes) => bytes.to_vec(),
            FileBody::Stream(stream) => {
                let chunks: Vec<_> = futures::StreamExt::collect(stream).await;
                chunks.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect()
            }
        };
        (name, bytes)
    }
}

fn said(mistakes: &[levers_declare::Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

fn given(values: &[(&str, Json)]) -> Values {
    values.iter().map(|(id, json)| ((*id).to_owned(), json.clone())).collect()
}

fn shown(outcome: &Outcome) -> String {
    match &outcome.kind {
        OutcomeKind::Success { message, html, refresh } => {
            let html = html.as_ref().map(|html| format!(" html: {html}")).unwrap_or_default();
            let refresh = if refresh.is_empty() { String::new() } else { format!(" refresh: {}", refresh.join(", ")) };
            format!("success: {}{html}{refresh}", message.as_deref().unwrap_or("(no words)"))
        }
        OutcomeKind::Error { message, .. } => format!("error: {}", message.as_deref().unwrap_or("(no words)")),
        other => format!("{other:?}"),
    }
}

/// One company.
pub(crate) fn one(id: i64) -> Selection {
    some(&[id])
}

/// Some companies.
pub(crate) fn some(ids: &[i64]) -> Selection {
    Selection::ids(ids.iter().map(|id| RecordId(vec![Value::Int(*id)])).collect())
}

/// All of them.
pub(crate) fn all() -> Selection {
    Selection::all(RequestFilter::default())
}
