//! The API description for programs: an OpenAPI document, generated from the actions' own types and doc comments.
//!
//! `docs/openapi.json` is the output of [`document`]. The replies in it come from calls of the actions' examples on the
//! demo data.
//!
//! No action is described by hand here: what is wrong about one is corrected in its own file.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::actions::{Access, ActionEntry, Catalogue, Ignored};
use crate::error::{DocumentedError, code_of_refusal, status_of_refusal};
use crate::wire::Problem;

/// The reply of each action to its example call; renewed by `make update`.
const EXAMPLE_REPLIES: &str = include_str!("example_replies.json");

/// The status of custom actions that fail, which no others have.
const ACTION_FAILED: u16 = 502;

/// Problem responses of the modern API style: status, when it occurs, an example message and its code.
static PROBLEMS: [(u16, &str, &str, &str); 15] = [
    (400, "The request cannot be read.", "Not a JSON object", "malformed_request"),
    (401, "No credential, an unknown one, or a wrong secret.", "Authentication Failed", "authentication_failed"),
    (
        403,
        "The credential may not be used from this address, or its roles do not include the action, or the API is read-only.",
        "Invalid Permissions: API action \"addcredit\" is not allowed",
        "not_permitted",
    ),
    (404, "Something that the request refers to does not exist.", "Client ID Not Found", "client_id_not_found"),
    (408, "The request took too long to arrive.", "The request took too long to arrive", "request_too_slow"),
    (
        409,
        "The current state prevents it, such as an invoice's status; or a request with the same key is in progress.",
        "Invoice Not in Unpaid Status",
        "invoice_not_in_unpaid_status",
    ),
    (
        413,
        "The request is too large.",
        "The request is larger than the 1048576 bytes that limits.request_bytes allows",
        "request_too_large",
    ),
    (
        415,
        "The request's body is compressed.",
        "The body has a Content-Encoding, such as gzip, which this server does not decode. Send it without one",
        "unsupported_encoding",
    ),
    (
        422,
        "A value is missing or invalid; or the key was used with another request. Nothing was written.",
        "No Amount Provided",
        "no_amount_provided",
    ),
    (
        429,
        "Too many wrong secrets came from this address, or the caller has used up its calls of a minute or a day.",
        "Too many failed attempts from your address, try again in 60 s",
        "too_many_failures",
    ),
    (
        500,
        "The server could not do it; its log has the reason.",
        "Internal Error: the server could not do this. Its log says why",
        "internal_error",
    ),
    (
        501,
        "The database lacks what the action needs, such as a table that came with a later WHMCS.",
        "This action does not work with this database. `whmcs-api doctor` tells its operator why",
        "unfit_database",
    ),
    (
        ACTION_FAILED,
        "The custom action failed: its statement, or the request to its endpoint. Nothing was changed.",
        "The endpoint of this action could not be reached",
        "action_failed",
    ),
    (
        503,
        "The server is busy. Nothing was changed, and the call may be sent again.",
        "The server is busy. Nothing was changed, please try again",
        "busy",
    ),
    (
        504,
        "It is not known whether the change was made. With an Idempotency-Key, the call may be sent again.",
        "The server did not finish in time. Whether the change was made is not known: check before trying again",
        "unfinished",
    ),
];

fn problems(of_custom: bool) -> impl Iterator<Item = &'static (u16, &'static str, &'static str, &'static str)> {
    PROBLEMS.iter().filter(move |(status, ..)| of_custom || *status != ACTION_FAILED)
}

fn has_custom(catalogue: &Catalogue) -> bool {
    catalogue.custom().next().is_some()
}

/// Generates the whole document, which is always the same for the same catalogue.
///
/// # Panics
/// If an example is malformed JSON: a test generates the document once.
pub fn document(catalogue: &Catalogue) -> Value {
    let replies: BTreeMap<String, Value> = parse(EXAMPLE_REPLIES);
    let mut paths = Map::new();
    for entry in catalogue.iter() {
        paths.insert(format!("/v1/{}", entry.name), json!({"post": operation(entry, replies.get(&*entry.name))}));
    }
    paths.insert("/includes/api.php".to_owned(), json!({"post": classic(catalogue)}));
    let groups: BTreeSet<&str> = catalogue.iter().map(|entry| &*entry.group).collect();
    let tags: Vec<Value> = groups.into_iter().chain(["classic"]).map(|group| json!({"name": group})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "whmcs-api",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A drop-in server for the WHMCS API: each action is a POST of a JSON object; the reply is \
                            JSON as well, and the HTTP status is that of the outcome. WHMCS's classic endpoint is \
                            /includes/api.php.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "security": [{"basic": []}, {"bearer": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The credential's identifier as the user name, and its secret as the password.",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "`identifier:secret`"},
            },
            "responses": problems(has_custom(catalogue)).map(problem).collect::<Map<_, _>>(),
            "schemas": {"Problem": schema_of::<Problem>()},
        },
    })
}

/// Returns what an action does, in a sentence.
pub fn summary(entry: &ActionEntry) -> String {
    documentation(&request(entry)).0
}

/// Returns what an action does, with everything that its documentation says, and the JSON schema of its parameters.
pub fn described(entry: &ActionEntry) -> (String, Map<String, Value>) {
    let mut schema = request(entry);
    let (summary, description) = documentation(&schema);
    let description =
        [summary, description].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    schema["required"] = json!(entry.required());
    let mut schema = if let Value::Object(schema) = schema { schema } else { Map::new() };
    schema.remove("description");
    (description, schema)
}

/// Returns the names of all fields in the replies of an action, at any depth.
pub fn reply_fields(entry: &ActionEntry) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let schema = entry.reply_schema(&mut SchemaSettings::draft2020_12().for_serialize().with(inlined).into());
    add_fields(&schema.to_value(), &mut fields);
    fields
}

fn add_fields(schema: &Value, fields: &mut BTreeSet<String>) {
    match schema {
        Value::Array(schemas) => schemas.iter().for_each(|schema| add_fields(schema, fields)),
        Value::Object(keywords) => {
            let properties = keywords.get("properties").and_then(Value::as_object);
            fields.extend(properties.into_iter().flat_map(Map::keys).cloned());
            keywords.values().for_each(|schema| add_fields(schema, fields));
        }
        _ => {}
    }
}

/// Generates `docs/actions.md`: the table of actions, and that of the parameters that are ignored.
pub fn markdown(catalogue: &Catalogue) -> String {
    let row = |entry: &ActionEntry| {
        let (summary, _) = documentation(&request(entry));
        let (name, group) = (&entry.name, &entry.group);
        let mark = if entry.is_documented { "" } else { " ✚" };
        format!(
            "| [{name}](../src/actions/{group}/{}.rs){mark} | {group} | {} | {summary} |\n",
            file_name(name),
            entry.access
        )
    };
    let own = catalogue.iter().filter(|entry| !entry.is_documented).count();
    let documented = Catalogue::documented_count();
    format!(
        "# Actions\n\n{} of {documented} documented actions, and {own} of our own, which WHMCS lacks (✚). `make update` makes \
         this table.\n\n\
         | Action | Group | Access | What it does |\n|---|---|---|---|\n{}\n\
         ## Parameters that are ignored\n\n\
         WHMCS documents these parameters. They are accepted and have no effect. Parameters with a limited effect, or that \
         are\nrejected, say so in their own descriptions, at `/docs` and in [openapi.json](openapi.json).\n\n\
         | Action | Parameters | Why |\n|---|---|---|\n{}",
        catalogue.iter().count() - own,
        catalogue.iter().map(|entry| row(entry)).collect::<String>(),
        catalogue.iter().map(|entry| ignored_rows(entry)).collect::<String>()
    )
}

/// Returns the rows of an action in the table of parameters that are ignored.
fn ignored_rows(entry: &ActionEntry) -> String {
    let row = |Ignored { parameters, reason }: &Ignored| {
        let names: Vec<String> = parameters.iter().map(|name| format!("`{name}`")).collect();
        format!("| {} | {} | {reason} |\n", entry.name, names.join(", "))
    };
    entry.ignored.iter().map(row).collect()
}

/// Returns the file name of an action: `add_credit` for `AddCredit`, `get_tld_pricing` for `GetTLDPricing`.
fn file_name(action: &str) -> String {
    let mut name = String::new();
    let action = action.replace("OAuth", "Oauth");
    let mut characters = action.chars().peekable();
    let mut follows_lower_case = false;
    while let Some(c) = characters.next() {
        let begins_word = follows_lower_case || characters.peek().is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && begins_word && !name.is_empty() {
            name.push('_');
        }
        follows_lower_case = c.is_ascii_lowercase();
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[allow(clippy::expect_used, reason = "they are part of the program, and a test reads them")]
fn parse<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("an embedded example is malformed JSON")
}

fn operation(entry: &ActionEntry, example_reply: Option<&Value>) -> Value {
    let mut request = request(entry);
    let (summary, description) = documentation(&request);
    if let Value::Object(request) = &mut request {
        request.remove("description");
        request.insert("required".to_owned(), json!(entry.required()));
    }
    let mut reply =
        tidied(entry.reply_schema(&mut SchemaSettings::draft2020_12().for_serialize().with(inlined).into()));
    if let Value::Object(reply) = &mut reply {
        reply.remove("description");
    }
    let (mut request, mut reply) = (json!({"schema": request}), json!({"schema": reply}));
    request["example"] = parse(&entry.example());
    if let Some(example) = example_reply {
        reply["example"] = example.clone();
    }
    let mut responses = Map::new();
    let mut success = json!({"description": "Success.", "content": {"application/json": reply}});
    if entry.has_fingerprint() {
        success["headers"] = entity_tag();
        let description = "The client has the reply already: it is the one with the entity tag in `If-None-Match`.";
        responses.insert("304".to_owned(), json!({"description": description, "headers": entity_tag()}));
    }
    responses.insert("200".to_owned(), success);
    for (status, ..) in problems(entry.as_custom().is_some()) {
        let name = name_of_problem(*status);
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    let parameters = match entry.access {
        Access::Write => json!([idempotency_key()]),
        Access::Read if entry.has_fingerprint() => json!([if_none_match()]),
        Access::Read => json!([]),
    };
    json!({
        "operationId": entry.name,
        "summary": summary,
        "description": description,
        "tags": [entry.group],
        "x-access": entry.access.to_string(),
        "x-origin": entry.origin(),
        "parameters": parameters,
        "requestBody": {"required": true, "content": {"application/json": request}},
        "responses": responses,
        "x-errors": entry.errors.iter().filter_map(error).collect::<Vec<_>>(),
    })
}

/// Returns the schema of an action's parameters, including those that are ignored.
fn request(entry: &ActionEntry) -> Value {
    let mut request =
        tidied(entry.request_schema(&mut SchemaSettings::draft2020_12().for_deserialize().with(inlined).into()));
    for Ignored { parameters, reason } in entry.ignored {
        for parameter in *parameters {
            let property = &mut request["properties"][parameter];
            if property.is_null() {
                *property = json!({"description": format!("Ignored: {reason}."), "x-ignored": true});
            }
        }
    }
    request
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(inlined);
    tidied(SchemaGenerator::new(settings).into_root_schema_for::<T>())
}

/// Inlines all schemas, since many types have the same name.
fn inlined(settings: &mut SchemaSettings) {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
}

/// Removes Rust-specific keywords, and joins the lines of each paragraph.
fn tidied(schema: schemars::Schema) -> Value {
    let mut schema = schema.to_value();
    if let Value::Object(schema) = &mut schema {
        schema.remove("title");
    }
    tidy(&mut schema);
    schema
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            // schemars's own formats for unsigned integers say no more than `minimum` does.
            if fields.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
                fields.remove("format");
            }
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = reflowed(text);
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn reflowed(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    // Links to other parts of the source have no target here.
    paragraphs.collect::<Vec<_>>().join("\n\n").replace("[`", "`").replace("`]", "`")
}

/// Splits a type's documentation into the first sentence and the rest.
fn documentation(schema: &Value) -> (String, String) {
    let text = schema["description"].as_str().unwrap_or_default();
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let (summary, rest_of_first) = first.split_once(". ").unwrap_or((first.trim_end_matches('.'), ""));
    let description = [rest_of_first, rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    (format!("{summary}."), description.join("\n\n"))
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A key of the caller's choice, a new one for each write. A call that is repeated with its key is \
                        executed once, and gets the first reply again. Keys are kept for two days.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    })
}

fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The entity tags of replies that the client has kept, from the header `ETag`. If one of them is that \
                        of the reply, the status is 304 and there is no body.",
        "schema": {"type": "string"},
    })
}

fn entity_tag() -> Value {
    json!({
        "ETag": {
            "description": "The entity tag of the reply, which changes with any row that the reply depends on. It is absent \
                            from very large replies.",
            "schema": {"type": "string", "pattern": "^\"[0-9a-f]{32}\"$"},
        },
    })
}

fn error(documented: &DocumentedError) -> Option<Value> {
    let (message, code) = match documented {
        DocumentedError::Exact(text) => (text, code_of_refusal(text)),
        DocumentedError::Prefix { text, code } => (text, (*code).to_owned()),
        DocumentedError::Never { .. } => return None,
    };
    Some(json!({"status": status_of_refusal(&code), "code": code, "message": message}))
}

/// Returns the name of a response component, such as `NotFound`.
fn name_of_problem(status: u16) -> String {
    Problem::new("", "", status).title.replace(' ', "")
}

fn problem((status, description, detail, code): &(u16, &str, &str, &str)) -> (String, Value) {
    let mut response = json!({
        "description": description,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": Problem::new(detail, code, *status),
            },
        },
    });
    if let 409 | 429 | 503 = status {
        response["headers"] = json!({
            "Retry-After": {"description": "Seconds until a retry.", "schema": {"type": "integer", "minimum": 1}},
        });
    }
    (name_of_problem(*status), response)
}

/// Describes the classic endpoint.
fn classic(catalogue: &Catalogue) -> Value {
    let actions: Vec<&str> = catalogue.iter().map(|entry| &*entry.name).collect();
    let failure = json!({
        "type": "object",
        "properties": {"result": {"const": "error"}, "message": {"type": "string"}},
        "required": ["result", "message"],
    });
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The action's reply, with `result` in front: `success`, or `error` with a `message`.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {"result": {"enum": ["success", "error"]}, "message": {"type": "string"}},
                        "required": ["result"],
                    },
                },
                "application/xml": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        }),
    );
    // WHMCS responds to wrong credentials with 403.
    let problems = problems(has_custom(catalogue)).filter(|(status, ..)| !matches!(status, 401 | 404));
    for (status, description, ..) in problems {
        let content = json!({"application/json": {"schema": failure}});
        responses.insert(status.to_string(), json!({"description": description, "content": content}));
    }
    json!({
        "operationId": "classic",
        "summary": "Calls any action in the classic style, as WHMCS's clients do.",
        "description": "A form with the action's name, the credential and the action's own parameters. Refusals have \
                        status 200.",
        "tags": ["classic"],
        "security": [],
        "requestBody": {
            "required": true,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "action": {"type": "string", "enum": actions},
                            "identifier": {"type": "string"},
                            "secret": {"type": "string", "format": "password"},
                            "responsetype": {"type": "string", "enum": ["json", "xml", "nvp"]},
                        },
                        "required": ["action", "identifier", "secret"],
                        "additionalProperties": true,
                    },
                },
            },
        },
        "responses": responses,
    })
}
