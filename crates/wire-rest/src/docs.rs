//! The API's own description: an `OpenAPI` document, and a page to browse it.
//!
//! The document is made from the routes themselves, so none can be forgotten;
//! what holds for all of them (error answers, timezone, security) is added here
//! once. The page is Swagger UI from the executable: nothing is fetched from
//! elsewhere, and a content security policy makes sure of it.
//!
//! Both are open to everybody: they tell what the API is, nothing of the data.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use levers_model::Error;
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Ref, RefOr, Required};
use utoipa_swagger_ui::{Config, serve};

use crate::extract::TIMEZONE_HEADER;
use crate::problem::{Details, Problem};
use crate::{Api, PREFIX};

/// What the routes cannot say of themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Levers",
        description = "Actions on the collections of your databases: read records, open forms, run actions, look back at jobs.\n\nAuthenticate with a JSON Web Token signed with the server's auth secret; `levers token --email you@example.com` mints one. Every error is an `application/problem+json` document with a stable `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "collections", description = "What there is."),
        (name = "records", description = "Reading records, and changing single ones."),
        (name = "actions", description = "Forms, and running actions."),
        (name = "jobs", description = "What ran, what it changed, what happened to it."),
    ),
    components(schemas(Details)),
)]
pub(crate) struct Base;

/// The name of the security scheme.
const SCHEME: &str = "token";

/// Error answers, and which operations have them.
const PROBLEMS: [(u16, &str, Where); 10] = [
    (400, "The request does not make sense; `fields` says where.", Where::Everywhere),
    (401, "Nobody proved who asks.", Where::Everywhere),
    (403, "The caller may not.", Where::Everywhere),
    (404, "What the path names does not exist.", Where::WithPath),
    (409, "The idempotency key was used for another request.", Where::Submitting),
    (413, "Over a limit of size.", Where::Everywhere),
    (415, "The body is not JSON.", Where::WithBody),
    (422, "A rule or a constraint of the database refuses this.", Where::Everywhere),
    (500, "A fault of the server or of an action's handler.", Where::Everywhere),
    (503, "Database or store are away; try again after `Retry-After` seconds.", Where::Everywhere),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    WithPath,
    WithBody,
    Submitting,
}

/// Adds what holds for every operation.
pub(crate) fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A JSON Web Token signed with the server's auth secret (HS256, HS384 or HS512)."))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(SCHEME, [])]);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_problems(operation);
            add_timezone(operation);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn add_problems(operation: &mut Operation) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let any = |test: fn(&Parameter) -> bool| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if test(parameter)))
    };
    let with_path = any(|parameter| parameter.parameter_in == ParameterIn::Path);
    let submitting = any(|parameter| parameter.name == "Idempotency-Key");
    for (status, description, place) in PROBLEMS {
        let applies = match place {
            Where::Everywhere => true,
            Where::WithPath => with_path,
            Where::WithBody => operation.request_body.is_some(),
            Where::Submitting => submitting,
        };
        if applies {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response =
                ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            operation.responses.responses.insert(status.to_string(), RefOr::T(response));
        }
    }
}

fn add_timezone(operation: &mut Operation) {
    let parameter = |name: &str, place| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some("Decides what 'today' means: an IANA name; UTC when nothing is said."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .example(Some("Europe/Paris".into()))
            .build()
    };
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(parameter("timezone", ParameterIn::Query)));
    parameters.push(RefOr::T(parameter(TIMEZONE_HEADER, ParameterIn::Header)));
}

/// The document, as JSON.
pub(crate) async fn document(State(api): State<Api>) -> Response {
    let mut response = Response::new(Body::from(api.document));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What the page may load: its own files, and answers of this server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Relative links of the page need the slash at the end.
pub(crate) async fn to_page() -> Redirect {
    Redirect::permanent(&format!("{PREFIX}/docs/"))
}

/// The page itself.
pub(crate) async fn page() -> Response {
    asset("index.html")
}

/// The page's files.
pub(crate) async fn page_file(Path(file): Path<String>) -> Response {
    asset(&file)
}

fn asset(file: &str) -> Response {
    let config = Config::new([format!("{PREFIX}/openapi.json")]).validator_url("none").persist_authorization(false);
    match serve(file, Arc::new(config)) {
        Ok(Some(file)) => {
            let mut response = Response::new(Body::from(file.bytes.into_owned()));
            let headers = response.headers_mut();
            if let Ok(mime) = HeaderValue::try_from(file.content_type) {
                headers.insert(header::CONTENT_TYPE, mime);
            }
            if file.gzpipped {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
            response
        }
        Ok(None) => {
            Problem::from(Error::not_found("There is no such page. The documentation is at docs/.")).into_response()
        }
        Err(error) => Problem::from(Error::internal(error)).into_response(),
    }
}
