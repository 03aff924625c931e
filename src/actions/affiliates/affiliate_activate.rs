//! `AffiliateActivate`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::clients::{self, Refusal};
use crate::param::Param;

/// Makes a client an affiliate, who can earn commissions. The balance begins with `affiliates.bonus` of the settings. A client
/// who is an affiliate already stays as they are.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AffiliateActivate {
    userid: Param<ClientId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AffiliateActivateReply {}

const CLIENT_NOT_FOUND: &str = "Client ID not found";

impl Action for AffiliateActivate {
    const NAME: &'static str = "AffiliateActivate";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["userid"];
    const EXAMPLE: &'static str = r#"{"userid": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND)];
    type Reply = AffiliateActivateReply;

    async fn run(self, call: Call<'_>) -> Result<AffiliateActivateReply> {
        let in_words = |error| with_text(error, &Refusal::ClientNotFound, CLIENT_NOT_FOUND);
        let client = clients::lock(call.db, self.userid.required(CLIENT_NOT_FOUND)?).await.map_err(in_words)?;
        clients::activate_affiliate(call.context(), &client).await?;
        Ok(AffiliateActivateReply {})
    }
}
