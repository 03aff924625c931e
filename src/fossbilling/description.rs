//! The methods as an OpenAPI document, made from the catalogue and the reference.

use serde_json::{Map, Value, json};

use super::catalogue::{METHODS, REFERENCE, Reference};
use super::wire::Role;
use crate::actions::{Access, ForeignMethod};
use crate::auth::permission::Audience;

/// The parameter that a request may have besides those of its method.
const TOKEN: &str = "CSRFToken";

/// Returns the document.
pub fn document() -> Value {
    let paths: Map<String, Value> = REFERENCE
        .iter()
        .filter_map(|reference| {
            let method = METHODS.iter().find(|method| method.name == reference.path)?;
            Some((format!("/api/{}", reference.path), json!({"post": operation(method, reference)})))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "FOSSBilling's API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The methods of FOSSBilling's API that this server answers, on the same clients, orders, invoices and \
                            tickets as WHMCS's. A call may also be a GET, or a form. Errors have the status 200 but for those that \
                            are listed.",
        },
        "servers": [{"url": ".."}],
        "security": [{"key": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The user `admin` or `client`, as the path says, and a key as the password.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "fossbilling_session",
                    "description": "The session of a client who has logged in, with the token of the cookie `csrf_token` in the \
                                    parameter `CSRFToken` or the header `X-CSRF-Token`.",
                },
            },
            "schemas": {"Error": error(), "Page": page()},
        },
    })
}

fn tags() -> Value {
    let mut modules: Vec<&str> = METHODS.iter().filter_map(|method| method.name.split('/').nth(1)).collect();
    modules.sort_unstable();
    modules.dedup();
    modules.into_iter().map(|module| json!({"name": module})).collect()
}

fn operation(method: &ForeignMethod, reference: &Reference) -> Value {
    let needs = match method.permission {
        Some(permission) => format!(" A key needs the permission of `{permission}`."),
        None => String::new(),
    };
    let does = if method.access == Access::Read { "Reads only." } else { "Writes." };
    let security = match method.audience {
        Audience::Everybody => json!([]),
        Audience::Clients => json!([{"key": []}, {"session": []}]),
        Audience::Staff => json!([{"key": []}]),
    };
    json!({
        "operationId": method.name.replace('/', "_"),
        "tags": [reference.module()],
        "summary": method.name,
        "description": format!("{does}{needs}"),
        "security": security,
        "requestBody": {"required": true, "content": {"application/json": {"schema": parameters(reference)}}},
        "responses": responses(reference, method.access),
    })
}

fn parameters(reference: &Reference) -> Value {
    let named = |(name, kind): (&String, &String)| match name.split_once("..") {
        // `custom_1..custom_20`
        Some((first, _)) => (first.to_owned(), schema(kind)),
        None => (name.clone(), schema(kind)),
    };
    let required = reference.required.iter().map(|(name, kind, _)| (name, kind));
    let optional = reference.optional.iter().map(|(name, kind)| (name, kind));
    let mut properties: Map<String, Value> = required.chain(optional).map(named).collect();
    if reference.path.starts_with(Role::Client.name()) {
        properties.insert(TOKEN.to_owned(), json!({"type": "string"}));
    }
    let names: Vec<&String> =
        reference.required.iter().filter(|(.., text)| text.is_some()).map(|(name, ..)| name).collect();
    json!({"type": "object", "properties": properties, "required": names})
}

/// What a parameter may be: numbers and flags may also be texts.
fn schema(kind: &str) -> Value {
    match kind {
        "integer" => json!({"type": ["integer", "string"]}),
        "number" => json!({"type": ["number", "string"]}),
        "boolean" => json!({"type": ["boolean", "integer", "string"]}),
        "array" => json!({"type": ["array", "object"]}),
        _ => json!({"type": "string"}),
    }
}

fn responses(reference: &Reference, access: Access) -> Value {
    let failed = |description: &str| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        })
    };
    let success = json!({
        "type": "object",
        "properties": {"result": result(reference), "error": {"type": "null"}},
        "required": ["result", "error"],
    });
    let mut all = Map::new();
    let answers = json!({"anyOf": [success, {"$ref": "#/components/schemas/Error"}]});
    all.insert(
        "200".to_owned(),
        json!({"description": "The result, or an error.", "content": {"application/json": {"schema": answers}}}),
    );
    let mut errors = vec![
        ("400", "A domain name is invalid (701)."),
        ("401", "Nobody is let in with this (201 to 206), or from this address (1002)."),
        ("403", "It is not permitted, or the token against forged requests is wrong."),
        ("413", "The request is too large."),
        ("422", "The idempotency key was used with another request."),
        ("429", "Too many calls."),
        ("503", "The server is busy, or only reads."),
        ("504", "It is not known whether the call was carried out."),
    ];
    if access == Access::Read {
        errors.retain(|(status, _)| *status != "504");
    }
    all.extend(errors.into_iter().map(|(status, description)| (status.to_owned(), failed(description))));
    all.into()
}

/// The type of a result.
fn result(reference: &Reference) -> Value {
    match reference.returns.as_deref().unwrap_or_default() {
        "paged" => json!({"$ref": "#/components/schemas/Page"}),
        "list" => json!({"type": "array"}),
        // An empty map is an empty list, as PHP writes it.
        "map" => json!({"type": ["object", "array"]}),
        kind @ ("object" | "boolean" | "integer" | "number" | "string" | "null") => json!({"type": kind}),
        _ => json!({}),
    }
}

fn error() -> Value {
    let fields = json!({"message": {"type": "string"}, "code": {"type": "integer"}});
    let error = json!({"type": "object", "properties": fields, "required": ["message", "code"]});
    json!({
        "type": "object",
        "properties": {"result": {"type": "null"}, "error": error},
        "required": ["result", "error"],
    })
}

fn page() -> Value {
    let number = json!({"type": "integer"});
    json!({
        "type": "object",
        "properties": {
            "pages": number, "page": number, "per_page": number, "total": number,
            "list": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["pages", "page", "per_page", "total", "list"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_that_is_served_is_described_with_its_result() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.len(), METHODS.len());
        for method in METHODS {
            let operation = &paths[&format!("/api/{}", method.name)]["post"];
            let answers = &operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"];
            let result = &answers[0]["properties"]["result"];
            assert!(result.get("type").or(result.get("$ref")).is_some(), "{} has no result", method.name);
        }
    }
}
