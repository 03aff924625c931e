//! The parameter `attachments`, which the actions that open, reply to and note on a ticket share.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::attachments::Attachment;
use crate::call::Call;
use crate::error::{Result, refuse_as};
use crate::operations::OperationError;
use crate::operations::support::CheckedFiles;
use crate::param::{Param, ParamValue, schema};
use crate::wire::Malformed;
use crate::wire::decode::{base64, php};

/// Names of the fields of a multipart form that hold files.
const FILE_FIELDS: [&str; 4] = ["attachments", "attachment", "files", "file"];

/// The parameters of the files of a message.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct FileParams {
    /// The attached files: a list with a `name` (or `filename`) and base64 `data` each, or a single file. The list may be
    /// sent as an array, as JSON, or as base64 of JSON. Files of a multipart form that are called `attachments`,
    /// `attachments[]` or `attachments[0]` are added after these, as are those called `attachment`, `files` or `file`.
    #[schemars(with = "schema::Files")]
    attachments: Param<Files>,
}

impl FileParams {
    /// Returns the files from the parameters, followed by the uploaded files. Rejects files that may not be stored.
    pub fn read(self, call: &Call<'_>) -> Result<CheckedFiles> {
        let sent = self.attachments.optional("attachments: not a list of files")?;
        let mut files = match sent.map(|sent| sent.0) {
            None => Vec::new(),
            Some(Ok(files)) => files,
            Some(Err(why)) => return refuse_as("invalid_attachment", format!("attachments: {why}")),
        };
        let is_attached = |parameter: &str| FILE_FIELDS.contains(&parameter.split('[').next().unwrap_or_default());
        // Browsers send an empty file field of a form as a file without a name.
        let uploaded = call.files.iter().filter(|file| is_attached(&file.parameter) && !file.name.is_empty());
        files.extend(uploaded.map(|file| Attachment { name: file.name.clone(), content: file.content.clone() }));
        Ok(CheckedFiles::new(files, call.attachments).map_err(OperationError::from)?)
    }
}

/// The files in the parameters.
#[derive(Debug)]
struct Files(Result<Vec<Attachment>, Malformed>);

impl ParamValue for Files {
    fn parse(text: &str) -> Option<Self> {
        Some(Files(decode(text).and_then(read)))
    }

    fn from_list(list: Json) -> Option<Self> {
        Some(Files(read(list)))
    }
}

/// Decodes JSON, base64 of JSON, or base64 of an array serialized by PHP.
fn decode(text: &str) -> Result<Json, Malformed> {
    if text.trim_start().starts_with(['[', '{']) {
        return serde_json::from_str(text).map_err(|_| Malformed("not JSON".into()));
    }
    let list = base64::decode(text)?;
    let json = serde_json::from_slice(&list);
    json.or_else(|_| php::unserialize(&list)).map_err(|_| Malformed("not base64 of JSON".into()))
}

fn read(list: Json) -> Result<Vec<Attachment>, Malformed> {
    match list {
        Json::Array(files) => files.iter().map(read_file).collect(),
        Json::Object(fields) if fields.values().any(Json::is_string) => Ok(vec![read_file(&Json::Object(fields))?]),
        Json::Object(files) => files.values().map(read_file).collect(),
        _ => Err(Malformed("not a list of files".into())),
    }
}

fn read_file(file: &Json) -> Result<Attachment, Malformed> {
    let text = |key| file.get(key).and_then(Json::as_str);
    let (Some(name), Some(data)) = (text("name").or(text("filename")), text("data")) else {
        return Err(Malformed("each file must have a name, and data in base64".into()));
    };
    Ok(Attachment { name: name.to_owned(), content: base64::decode(data)? })
}
