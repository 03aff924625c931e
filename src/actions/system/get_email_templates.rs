//! `GetEmailTemplates`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::param::Param;
use crate::store;

/// Returns the mail templates of a language, sorted by name.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetEmailTemplates {
    /// Only templates of this type, such as `general`, `product` or `admin`.
    r#type: Param<String>,
    /// By default, the templates without a language, which are used if there is none in the client's language.
    language: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetEmailTemplatesReply {
    totalresults: usize,
    emailtemplates: EmailTemplates,
}

#[derive(Debug, JsonSchema, Serialize)]
struct EmailTemplates {
    emailtemplate: Vec<EmailTemplate>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct EmailTemplate {
    id: i64,
    name: String,
    subject: String,
    /// 1 for templates that the operator created.
    custom: i64,
}

impl Action for GetEmailTemplates {
    const NAME: &'static str = "GetEmailTemplates";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"type": "domain"}"#;
    type Reply = GetEmailTemplatesReply;

    async fn run(self, call: Call<'_>) -> Result<GetEmailTemplatesReply> {
        let language = self.language.lenient().unwrap_or_default();
        let templates =
            store::system::email_templates::list(call.db, self.r#type.lenient().as_deref(), &language).await?;
        let emailtemplate: Vec<EmailTemplate> = templates
            .into_iter()
            .map(|template| EmailTemplate {
                id: template.id,
                name: template.name,
                subject: template.subject,
                custom: template.is_custom.into(),
            })
            .collect();
        Ok(GetEmailTemplatesReply {
            totalresults: emailtemplate.len(),
            emailtemplates: EmailTemplates { emailtemplate },
        })
    }
}
